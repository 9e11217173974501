/*
 * How fast an engine is, and whether it reads prompts as long as it is offered for: by asking it, as a gateway will. Some
 * engines cut what does not fit without a word, which would cost a contributor its good name later.
 */
import { err, ok, type Result } from '../base/result.ts'
import { countOf, memberOf, textOf } from './ask-engine.ts'
import { measuredContextMaxTokens, measuredTokens, measureTimeoutMs } from './find-engine-limits.ts'

export type EngineMeasure = {
  readonly firstTokenMs: number
  /** Of one request alone; undefined where the answer was too short to tell. */
  readonly completionTokensPerSecond: number | undefined
  readonly promptTokensPerSecond: number | undefined
  /** The longest prompt that was tried, and what of it the engine says it read. */
  readonly context: { readonly sentTokens: number; readonly readTokens: number }
}

export type MeasuredEngine = {
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly model: string
  readonly contextTokensMax: number
  readonly nowMs: () => number
}

/** Errors are one line for a person. */
export async function measureEngine(
  engine: MeasuredEngine,
): Promise<Result<EngineMeasure, string>> {
  try {
    const few = await ask(engine, filler('One', fewWords), measuredTokens)
    const more = await ask(engine, filler('Two', moreWords), 1)
    const tokensPerWord = (more.promptTokens - few.promptTokens) / (moreWords - fewWords)
    if (!(tokensPerWord > 0)) return err('it does not count the tokens of prompts')
    const overhead = few.promptTokens - fewWords * tokensPerWord
    const longest = Math.min(engine.contextTokensMax, measuredContextMaxTokens)
    const words = Math.floor((longest * filledShare - overhead) / tokensPerWord)
    const full = words > moreWords ? await ask(engine, filler('Three', words), 1) : more
    const sentTokens = Math.round(overhead + Math.max(words, moreWords) * tokensPerWord)
    const fresh = full.promptTokens - full.cachedPromptTokens
    return ok({
      firstTokenMs: few.firstTokenMs,
      completionTokensPerSecond: perSecond(few.completionTokens - 1, few.writingMs),
      promptTokensPerSecond: perSecond(fresh, full.firstTokenMs),
      context: { sentTokens, readTokens: full.promptTokens },
    })
  } catch (error) {
    if (error instanceof EngineRefusal) return err(error.message)
    return err(
      error instanceof DOMException ? 'it did not answer in time' : 'it broke the connection',
    )
  }
}

/** Counting words again and again by a tokenizer may be off by a few; a prompt that was cut lacks many. */
export const isCut = ({ context }: EngineMeasure): boolean =>
  context.readTokens < context.sentTokens * readShareMin

const fewWords = 8
const moreWords = 72
/** Of the context, so that the answer has room too. */
const filledShare = 0.8
const readShareMin = 0.9

const perSecond = (tokens: number, ms: number): number | undefined =>
  tokens > 0 && ms > 0 ? (tokens * 1000) / ms : undefined

/** Each begins with another word: what an engine remembers of the last prompt is no speed. */
const filler = (head: string, words: number): string => `${head}${' tree'.repeat(words)}`

class EngineRefusal extends Error {}

type Answer = {
  readonly promptTokens: number
  readonly cachedPromptTokens: number
  readonly completionTokens: number
  readonly firstTokenMs: number
  readonly writingMs: number
}

async function ask(engine: MeasuredEngine, content: string, maxTokens: number): Promise<Answer> {
  const { baseUrl, apiKey, model, nowMs } = engine
  const startedAtMs = nowMs()
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content }],
      max_tokens: maxTokens,
      stream: true,
      stream_options: { include_usage: true },
    }),
    redirect: 'error',
    signal: AbortSignal.timeout(measureTimeoutMs),
  })
  if (response.status !== 200) throw new EngineRefusal(await refusalOf(response))
  let firstAtMs: number | undefined
  let lastAtMs = startedAtMs
  let usage: unknown
  for await (const event of eventsOf(response)) {
    if (textOf(memberOf(event, 'error', 'message')) !== undefined) {
      throw new EngineRefusal(wordsOf(event))
    }
    usage =
      memberOf(event, 'usage', 'prompt_tokens') === undefined ? usage : memberOf(event, 'usage')
    if (!hasTokens(memberOf(event, 'choices', 0, 'delta'))) continue
    lastAtMs = nowMs()
    firstAtMs ??= lastAtMs
  }
  const endedAtMs = nowMs()
  const promptTokens = countOf(memberOf(usage, 'prompt_tokens'))
  if (promptTokens === undefined) throw new EngineRefusal('it does not count the tokens of prompts')
  return {
    promptTokens,
    cachedPromptTokens: countOf(memberOf(usage, 'prompt_tokens_details', 'cached_tokens')) ?? 0,
    completionTokens: countOf(memberOf(usage, 'completion_tokens')) ?? 0,
    firstTokenMs: (firstAtMs ?? endedAtMs) - startedAtMs,
    writingMs: lastAtMs - (firstAtMs ?? lastAtMs),
  }
}

/** Words, or thoughts of a model that thinks first. */
const hasTokens = (delta: unknown): boolean =>
  ['content', 'reasoning_content', 'reasoning'].some(
    (name) => textOf(memberOf(delta, name)) !== undefined,
  )

async function refusalOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    return `it answers ${response.status}: ${wordsOf(JSON.parse(text))}`
  } catch {
    return `it answers ${response.status}`
  }
}

/** What the engine says, for a terminal: one line, and nothing that a terminal obeys. */
const wordsOf = (json: unknown): string =>
  (textOf(memberOf(json, 'error', 'message')) ?? textOf(memberOf(json, 'error')) ?? 'no reason')
    .replaceAll(/\p{C}+/gu, ' ')
    .slice(0, 200)

async function* eventsOf(response: Response): AsyncGenerator<unknown> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('data:')) continue
      try {
        yield JSON.parse(line.slice('data:'.length))
      } catch {
        // The end of a stream is no JSON.
      }
    }
  }
}
