/*
 * What was said in a recording: JSON with its text, or the text alone, as subtitles too. Paid by the recording's seconds,
 * or by tokens where an offer is counted in those. Source: OpenAI API reference, "Create transcription".
 */
import { noUsage, type Usage, type UsageSource } from '../domain/usage.ts'
import { asFields, count, type Fields, parseWhole } from './answer-json.ts'
import type { WholeText } from './chat-events.ts'
import type { AskedOf, WholeUnits } from './whole-units.ts'

type Transcript = {
  readonly bytes: Buffer
  readonly contentType?: string
  readonly text: string
  /** Its bytes, for `contentHash`. */
  readonly delivered: Buffer
  /** What else the engine says of it; empty for bare text. */
  readonly fields: Fields
}

/** Undefined for whatever is neither, or not what was asked for. */
export function readTranscript(body: Buffer, asked: AskedOf): WholeText | WholeUnits | undefined {
  const read = asked.expected?.form === 'text' ? readText(body, asked) : readJson(body, asked)
  if (read === undefined) return undefined
  const { text, fields, delivered, ...told } = read
  if (asked.unit === 'token') return { ...told, ...asChoice(text), usage: tokensOf(fields) }
  return { ...told, ...secondsOf(fields, asked), delivered: [delivered] }
}

/** `application/json` and nothing else: a type that a page could be made of is no transcript. */
function readJson(body: Buffer, { contentType }: AskedOf): Transcript | undefined {
  if (!/^application\/json\s*(;|$)/i.test(contentType)) return undefined
  const json = parseWhole(body)
  const text = json?.['text']
  if (json === undefined || typeof text !== 'string') return undefined
  const bytes = Buffer.from(JSON.stringify(json))
  return { bytes, text, delivered: Buffer.from(text), fields: json }
}

const textPattern = /^(text\/(plain|srt|vtt)|application\/x-subrip)\s*(;|$)/i

function readText(body: Buffer, { contentType }: AskedOf): Transcript | undefined {
  if (!textPattern.test(contentType)) return undefined
  // Whatever the engine calls its subtitles: text, and nothing that could be more.
  return {
    bytes: body,
    contentType: 'text/plain; charset=utf-8',
    text: body.toString(),
    delivered: body,
    fields: {},
  }
}

const asChoice = (text: string): Pick<WholeText, 'deltas'> => ({
  deltas: [{ index: 0, text, toolCalls: [], aside: '', finishReason: 'stop' }],
})

function tokensOf(fields: Fields): Usage | undefined {
  const usage = asFields(fields['usage'])
  const promptTokens = count(usage['input_tokens'])
  const completionTokens = count(usage['output_tokens'])
  if (promptTokens === undefined || completionTokens === undefined) return undefined
  return { promptTokens, cachedPromptTokens: 0, completionTokens, reasoningTokens: 0 }
}

/** The engine's own measure as far as the recording can be so long, else ours. Begun seconds count. */
function secondsOf(
  fields: Fields,
  { expected }: AskedOf,
): Pick<WholeUnits, 'usage' | 'units' | 'source'> {
  const { perChoiceMax, perChoiceLikely } = expected ?? { perChoiceMax: 1, perChoiceLikely: 1 }
  const told = asFields(fields['usage'])['seconds'] ?? fields['duration']
  const isTold = typeof told === 'number' || (typeof told === 'string' && told !== '')
  const seconds = isTold ? Math.ceil(Number(told)) : Number.NaN
  if (seconds >= 0 && seconds <= perChoiceMax) return inSeconds(seconds, 'reported')
  return inSeconds(perChoiceLikely, seconds > perChoiceMax ? 'corrected' : 'counted')
}

/** A recording is the whole price: it has no prompt tokens beside its seconds. */
const inSeconds = (
  units: number,
  source: UsageSource,
): Pick<WholeUnits, 'usage' | 'units' | 'source'> => ({
  usage: { ...noUsage, completionTokens: units },
  units,
  source,
})
