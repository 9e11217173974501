/*
 * Made-up streams of an upstream, whole ones and broken ones, and what must come of them.
 */
import fc from 'fast-check'
import {
  chunk,
  type Script,
  sse,
  streamBytes,
  usageChunk,
  usageObject,
} from './scripted-upstream.ts'

type Event = {
  /** As it stands in the stream. */
  readonly text: string
  /** Undefined for what is no chunk with a choice. */
  readonly chunk?: Record<string, unknown>
  /** It says something, or ends a choice: from here on the answer has begun. */
  readonly begins?: boolean
  /** The choice that ends here. */
  readonly finishes?: number
}

export const madeUpFaults = {
  none: undefined,
  cut: 'upstream_stream_interrupted',
  'end too early': 'upstream_stream_interrupted',
  'end in an event': 'upstream_stream_interrupted',
  'malformed JSON': 'upstream_bad_response',
  'another choice': 'upstream_bad_response',
  'error in band': 'upstream_unavailable',
} as const
export type MadeUpFault = keyof typeof madeUpFaults

export type MadeUpStream = {
  readonly choiceCount: number
  readonly includeUsage: boolean
  /** Up to the fault. */
  readonly events: readonly Event[]
  readonly fault: MadeUpFault
  /** Behind the events: what the fault is, or how the stream ends. */
  readonly tail: string
  readonly cuts: readonly number[]
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom('word ', '€ 💶', '\n\n', 'data: [DONE]', '\u2028', ''),
)
const anyDelta = fc.oneof(
  { weight: 5, arbitrary: anyText.map((content) => ({ content })) },
  fc.constant({ role: 'assistant', content: '' }),
  anyText.map((reasoning_content) => ({ reasoning_content })),
  fc.tuple(fc.nat(2), anyText).map(([index, text]) => ({
    tool_calls: [{ index, id: `call_${index}`, function: { name: 'f', arguments: text } }],
  })),
)
// Not CR alone: whether an event that ends so is over is known by the next byte, which a cut stream may not have.
const anyFraming = fc.constantFrom('plain', 'plain', 'plain', 'crlf', 'fields', 'spread')
const anySilence = fc.constantFrom(': keep-alive\n\n', ':\r\n\r\n', 'event: ping\n\n', '\n\n')

function framed(event: unknown, framing: string): string {
  const plain = sse(event)
  if (framing === 'crlf') return plain.replaceAll('\n', '\r\n')
  if (framing === 'fields') return `id: 7\nevent: message\n: hi\n${plain}`
  return framing === 'spread' ? plain.replace(',"choices"', ',\ndata:"choices"') : plain
}

const saysSomething = (delta: Record<string, unknown>): boolean =>
  'tool_calls' in delta || [delta['content'], delta['reasoning_content']].some((text) => text)

const anyDeltaEvent = (choiceCount: number): fc.Arbitrary<Event> =>
  fc
    .tuple(anyDelta, fc.nat(choiceCount - 1), anyFraming, fc.boolean())
    .map(([delta, index, framing, reports]) => {
      const whole = { ...chunk(delta, null, index), ...(reports && { usage: usageObject(5, 1) }) }
      return { text: framed(whole, framing), chunk: whole, begins: saysSomething(delta) }
    })

const finishEvents = (choiceCount: number, framing: string): Event[] =>
  Array.from({ length: choiceCount }, (_, index) => {
    const whole = chunk({}, 'stop', index)
    return { text: framed(whole, framing), chunk: whole, begins: true, finishes: index }
  })

export const anyMadeUpStream = (choicesMax: number): fc.Arbitrary<MadeUpStream> =>
  fc.integer({ min: 1, max: choicesMax }).chain((choiceCount) =>
    fc
      .record({
        said: fc.array(
          fc.oneof(
            { weight: 5, arbitrary: anyDeltaEvent(choiceCount) },
            anySilence.map((text): Event => ({ text })),
          ),
          { maxLength: 8 },
        ),
        fault: fc.constantFrom(...(Object.keys(madeUpFaults) as MadeUpFault[])),
        framing: anyFraming,
        reports: fc.boolean(),
        says: fc.constantFrom('data: [DONE]\n\n', 'data: [DONE]\r\n\r\n', 'data:[DONE]', ''),
        junk: fc.constantFrom(
          '',
          ': bye\n\n',
          'data: {nonsense\n\n',
          sse(chunk({ content: 'late' })),
        ),
        at: fc.nat(1000),
        includeUsage: fc.boolean(),
        cuts: fc.array(fc.nat(1000), { maxLength: 10 }),
      })
      .map(({ said, fault, framing, reports, says, junk, at, includeUsage, cuts }) => {
        const usage = { text: framed(usageChunk(usageObject(5, 2)), framing) }
        const all = [...said, ...finishEvents(choiceCount, framing), ...(reports ? [usage] : [])]
        const end = fault === 'none' ? all.length : Math.floor((at * all.length) / 1000)
        const done = says.endsWith('\n') ? says + junk : says
        const tail = tailOf(fault, done, choiceCount)
        return { choiceCount, includeUsage, events: all.slice(0, end), fault, tail, cuts }
      }),
  )

function tailOf(fault: MadeUpFault, done: string, choiceCount: number): string {
  switch (fault) {
    case 'none':
      return done
    case 'cut':
    case 'end too early':
      return ''
    case 'end in an event':
      return 'data: {"choices":[{"delta":{"content":"lat'
    case 'malformed JSON':
      return 'data: {"choices":[{\n\n'
    case 'another choice':
      return sse(chunk({ content: 'for nobody' }, null, choiceCount))
    case 'error in band':
      return sse({ error: { message: 'SECRET' } })
  }
}

/** What must come of it. */
export function expectedOf({ events, fault, choiceCount }: MadeUpStream) {
  const finished = new Set(events.flatMap(({ finishes }) => finishes ?? []))
  const isWhole = fault === 'none' || (fault === 'end too early' && finished.size === choiceCount)
  return {
    isWhole,
    begun: isWhole || events.some(({ begins }) => begins === true),
    code: isWhole ? undefined : madeUpFaults[fault],
  }
}

function pieces(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => Math.floor((place * bytes.length) / 1000)))].sort(
    (a, b) => a - b,
  )
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index]))
}

const endings: Readonly<Partial<Record<MadeUpFault, 'end' | 'cut'>>> = {
  none: 'end',
  'end too early': 'end',
  'end in an event': 'end',
  cut: 'cut',
}

export function scriptOf({ events, fault, tail, cuts }: MadeUpStream): Script {
  const bytes = Buffer.from(events.map(({ text }) => text).join('') + tail)
  return streamBytes(pieces(bytes, cuts), endings[fault] ?? 'hang')
}
