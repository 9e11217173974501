/*
 * Made-up streams, whole ones and broken ones, through a whole gateway over real sockets. Whatever the upstream does, its
 * caller gets a status, or a well-formed stream: with [DONE] exactly when it is whole, else with an error at its end; in it
 * everything that was said before the fault and nothing else; and a receipt for just those bytes.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyReceipt } from '../../src/client/check-policy.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { type Answer, askBody, askedMessages } from '../support/ask.ts'
import { followBooks, type NewEntries } from '../support/books.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  chunk,
  type ScriptedUpstream,
  sse,
  startScriptedUpstream,
  streamBytes,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway
let newEntries: () => Promise<NewEntries>

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({ upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }] })
  newEntries = followBooks(gateway)
})

afterAll(async () => {
  await gateway.stop()
  await upstream.close()
})

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

const faults = {
  none: undefined,
  cut: 'upstream_stream_interrupted',
  'end too early': 'upstream_stream_interrupted',
  'end in an event': 'upstream_stream_interrupted',
  'malformed JSON': 'upstream_bad_response',
  'another choice': 'upstream_bad_response',
  'error in band': 'upstream_unavailable',
} as const
type Fault = keyof typeof faults

type MadeUp = {
  readonly choiceCount: number
  readonly includeUsage: boolean
  /** Up to the fault. */
  readonly events: readonly Event[]
  readonly fault: Fault
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

const anyMadeUp: fc.Arbitrary<MadeUp> = fc.integer({ min: 1, max: 2 }).chain((choiceCount) =>
  fc
    .record({
      said: fc.array(
        fc.oneof(
          { weight: 5, arbitrary: anyDeltaEvent(choiceCount) },
          anySilence.map((text): Event => ({ text })),
        ),
        { maxLength: 8 },
      ),
      fault: fc.constantFrom(...(Object.keys(faults) as Fault[])),
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

function tailOf(fault: Fault, done: string, choiceCount: number): string {
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
function expectedOf({ events, fault, choiceCount }: MadeUp) {
  const finished = new Set(events.flatMap(({ finishes }) => finishes ?? []))
  const isWhole = fault === 'none' || (fault === 'end too early' && finished.size === choiceCount)
  return {
    isWhole,
    begun: isWhole || events.some(({ begins }) => begins === true),
    code: isWhole ? undefined : faults[fault],
  }
}

function pieces(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => Math.floor((place * bytes.length) / 1000)))].sort(
    (a, b) => a - b,
  )
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index]))
}

const endings = {
  none: 'end',
  'end too early': 'end',
  'end in an event': 'end',
  cut: 'cut',
} as const

/** The chunks that the caller got, without usage; checks that each event is one, but for an error and [DONE] at the end. */
function shownIn(answer: Answer, { includeUsage }: MadeUp, isWhole: boolean): unknown[] {
  expect(answer.text).toBe(answer.events.map((event) => `data: ${event}\n\n`).join(''))
  expect(answer.events.filter((event) => event === '[DONE]')).toHaveLength(isWhole ? 1 : 0)
  expect(answer.done).toBe(isWhole)
  const chunks = answer.events.slice(0, -1).map((event) => JSON.parse(event))
  const reports = chunks.filter(({ usage }) => usage != null)
  const last = chunks.at(-1)
  if (isWhole && includeUsage) {
    expect(reports).toEqual([last])
    expect(last.choices).toEqual([])
    chunks.pop()
  } else expect(reports).toEqual([])
  return chunks.map(({ usage: _, ...rest }) => rest)
}

function expectReceipt(document: ReceiptDocument | undefined, request: string, answer: Answer) {
  // Of an answer that broke off the receipt is for what was sent until then: the error itself is nobody's work.
  const { text, events, done } = answer
  const covered = done ? text : text.slice(0, -`data: ${events.at(-1)}\n\n`.length)
  const parsed = parseReceiptDocument(Buffer.from(JSON.stringify(document)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  const lines = verifyReceipt({
    receipt: parsed.value,
    evidence: {
      content: [],
      request: Buffer.from(request),
      response: Buffer.from(covered),
    },
    anchors: {
      ...noTrustAnchors,
      gatewayKeys: [{ operator: gateway.operator, key: gateway.operator }],
    },
    policy: anyReceipt,
    nowMs: Date.now(),
  })
  expect(lines.filter(({ verdict }) => verdict === 'fails')).toEqual([])
  for (const check of ['request', 'response', 'gateway-signature', 'cost']) {
    expect(lines.find((line) => line.check === check)?.verdict, check).toBe('holds')
  }
}

async function judge(madeUp: MadeUp): Promise<'refused' | 'broken off' | 'whole'> {
  const { events, fault, tail, cuts, choiceCount, includeUsage } = madeUp
  const bytes = Buffer.from(events.map(({ text }) => text).join('') + tail)
  const ending = fault in endings ? endings[fault as keyof typeof endings] : 'hang'
  upstream.become(streamBytes(pieces(bytes, cuts), ending))
  gateway.pool.readmit('one')
  const request = JSON.stringify({
    model: 'm',
    messages: askedMessages,
    stream: true,
    n: choiceCount,
    ...(includeUsage && { stream_options: { include_usage: true } }),
  })
  const answer = await askBody(gateway, request)
  const { isWhole, begun, code } = expectedOf(madeUp)
  expect(answer.error?.['code']).toBe(code)
  expect(answer.text).not.toMatch(/SECRET|nonsense|late|for nobody/)
  const { receipts, chargedAmount } = await newEntries()
  if (!isWhole) expect(chargedAmount).toBe(0n)
  if (!begun) {
    expect(answer.status).toBeOneOf([502, 503])
    expect(receipts).toEqual([])
    return 'refused'
  }
  expect(answer.status).toBe(200)
  const said = events.flatMap(({ chunk: sent }) => (sent === undefined ? [] : [sent]))
  const expected = said.map(({ usage: _, ...rest }) => rest)
  expect(shownIn(answer, madeUp, isWhole)).toEqual(expected)
  expect(receipts).toHaveLength(1)
  expectReceipt(receipts[0], request, answer)
  return isWhole ? 'whole' : 'broken off'
}

test('a stream comes out whole, or says that it is not, and its receipt is for what came out', async () => {
  const outcomes = { refused: 0, 'broken off': 0, whole: 0 }
  const met = new Map<Fault, number>()
  await fc.assert(
    fc.asyncProperty(anyMadeUp, async (madeUp) => {
      outcomes[await judge(madeUp)] += 1
      met.set(madeUp.fault, (met.get(madeUp.fault) ?? 0) + 1)
    }),
    { numRuns: 500, seed: 20_261_122 },
  )
  for (const fault of Object.keys(faults))
    expect(met.get(fault as Fault), fault).toBeGreaterThan(40)
  for (const [outcome, count] of Object.entries(outcomes)) {
    expect(count, outcome).toBeGreaterThan(50)
  }
})
