/*
 * Whatever an answer is and however it ends, its receipt says so, and holds for whoever has the bytes: the checks are those
 * that a client makes.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import { conclude } from '../../src/client/check-line.ts'
import { anyReceipt } from '../../src/client/check-policy.ts'
import {
  type ParsedReceipt,
  parseReceiptDocument,
} from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import { workStatus } from '../../src/domain/receipt.ts'
import { followBooks } from '../support/books.ts'
import { answerJson, offeredAt } from '../support/endpoint-answers.ts'
import { startGatewayOnLedger } from '../support/gateway-on-ledger.ts'
import {
  chunk,
  completion,
  roleEvent,
  type Script,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  stopEvent,
  streamBytes,
  usageObject,
  writePiece,
} from '../support/scripted-upstream.ts'

const upstream = await startScriptedUpstream()
const offer = offeredAt('chat/completions', 'embeddings')
const gateway = await startGatewayOnLedger({
  upstreams: [{ id: 'one', baseUrl: upstream.baseUrl, offer }],
})
const newEntries = followBooks(gateway)
afterAll(async () => {
  await gateway.stop()
  await upstream.close()
})

const headers = { authorization: `Bearer ${gateway.apiKey}` }
const messages = [{ role: 'user', content: 'Say hello.' }]

type Asked = { readonly path?: string; readonly fields: Readonly<Record<string, unknown>> }

function post({ path = '/v1/chat/completions', fields }: Asked, signal?: AbortSignal) {
  const body = JSON.stringify({ model: 'm', ...fields })
  const sent = { method: 'POST', headers, body, ...(signal && { signal }) }
  return { body, answered: fetch(gateway.origin + path, sent) }
}

async function receiptOf(response: Response): Promise<ParsedReceipt> {
  const receiptId = response.headers.get('x-vouch-receipt')
  const served = await fetch(`${gateway.origin}/v1/receipts/${receiptId}`, { headers })
  const parsed = parseReceiptDocument(Buffer.from(await served.arrayBuffer()))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return parsed.value
}

function expectHolds(
  receipt: ParsedReceipt,
  given: {
    readonly content: readonly string[]
    readonly request: string
    readonly response: Uint8Array
  },
): void {
  const evidence = {
    content: given.content.map((text) => Buffer.from(text)),
    request: Buffer.from(given.request),
    response: given.response,
  }
  const { operator } = gateway
  const anchors = { ...noTrustAnchors, gatewayKeys: [{ operator, key: operator }] }
  const lines = verifyReceipt({
    receipt,
    evidence,
    anchors,
    policy: anyReceipt,
    nowMs: Date.now(),
  })
  expect(lines.filter(({ verdict }) => verdict === 'fails')).toEqual([])
  expect(conclude(lines)).toBe('holds')
  const held = new Set(lines.filter(({ verdict }) => verdict === 'holds').map(({ check }) => check))
  for (const check of ['content', 'request', 'response'] as const) expect(held).toContain(check)
}

const call = (index: number, city: string) => ({
  id: `call_${index}`,
  type: 'function',
  function: { name: 'weather', arguments: `{"city":"${city}"}` },
})
const calls = [call(0, 'Graz'), call(1, 'Zürich')]
const message = (content: string | null, more: object = {}) => ({
  role: 'assistant',
  content,
  ...more,
})
const choice = (index: number, said: object, finish = 'stop') => ({
  index,
  message: said,
  finish_reason: finish,
  logprobs: null,
})
const callsJson = JSON.stringify(calls)

type Kind = {
  readonly name: string
  readonly choices: readonly object[]
  readonly events: readonly string[]
  /** Of each choice what the receipt's content hash is of. */
  readonly content: readonly string[]
  readonly tokens: number
}

const kinds: readonly Kind[] = [
  {
    name: 'a text beyond ASCII',
    choices: [choice(0, message('Grüß\u2028dich 👋'))],
    events: ['Grüß', '\u2028dich', ' 👋']
      .map((content) => sse(chunk({ content })))
      .concat(stopEvent),
    content: ['Grüß\u2028dich 👋'],
    tokens: 9,
  },
  {
    name: 'calls of tools and no text',
    choices: [choice(0, message(null, { tool_calls: calls }), 'tool_calls')],
    events: [
      ...calls.map((one, index) => sse(chunk({ tool_calls: [{ index, ...one }] }))),
      sse(chunk({}, 'tool_calls')),
    ],
    content: [callsJson],
    tokens: 20,
  },
  {
    name: 'three choices, one of them silent',
    choices: ['one', '', 'three'].map((text, index) => choice(index, message(text))),
    events: [
      sse(chunk({ content: 'three' }, null, 2)),
      sse(chunk({ content: 'one' }, null, 0)),
      ...[1, 0, 2].map((index) => sse(chunk({}, 'stop', index))),
    ],
    content: ['one', '', 'three'],
    tokens: 4,
  },
  {
    name: 'nothing at all',
    choices: [choice(0, message(''))],
    events: [stopEvent],
    content: [''],
    tokens: 0,
  },
]

describe.each(kinds)('$name', ({ choices, events, content, tokens }) => {
  const fields = { messages, max_tokens: 100, n: choices.length }

  test('in one piece', async () => {
    const usage = usageObject(5, tokens)
    upstream.become(answerJson({ ...completion(''), choices, usage }))
    const { body, answered } = post({ fields })
    const answer = await answered
    const response = Buffer.from(await answer.arrayBuffer())
    const receipt = await receiptOf(answer)
    expect(receipt.receipt.work).toMatchObject({
      status: workStatus.complete,
      completionTokens: tokens,
    })
    expectHolds(receipt, { content, request: body, response })
  })

  test('as a stream', async () => {
    const role = choices.map((_, index) =>
      sse(chunk({ role: 'assistant', content: '' }, null, index)),
    )
    upstream.become(streamBytes([...role, ...events, sseDone]))
    const { body, answered } = post({ fields: { ...fields, stream: true } })
    const answer = await answered
    const response = Buffer.from(await answer.arrayBuffer())
    const receipt = await receiptOf(answer)
    expect(receipt.receipt.work.status).toBe(workStatus.complete)
    expect(receipt.receipt.work.completionTokens > 0).toBe(tokens > 0)
    expect(receipt.receipt.cost > 0n).toBe(tokens > 0)
    expectHolds(receipt, { content, request: body, response })
  })
})

test('vectors, as numbers and in base64', async () => {
  const vectors = [
    [0.5, -1.25],
    [3, 0],
  ]
  const bytes = vectors.map((numbers) => Buffer.from(new Float32Array(numbers).buffer))
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }))
  const usage = { prompt_tokens: 4, total_tokens: 4 }
  upstream.become(answerJson({ object: 'list', data, model: 'm', usage }))
  const fields = { input: ['a', 'b'], encoding_format: 'float' }
  const { body, answered } = post({ path: '/v1/embeddings', fields })
  const answer = await answered
  const response = Buffer.from(await answer.arrayBuffer())
  const receipt = await receiptOf(answer)
  const { work } = receipt.receipt
  expect(work).toMatchObject({ status: workStatus.complete, completionTokens: 2 })
  const evidence = { content: bytes, request: Buffer.from(body), response }
  const anchors = noTrustAnchors
  const lines = verifyReceipt({ receipt, evidence, anchors, policy: anyReceipt, nowMs: Date.now() })
  expect(lines.filter(({ verdict }) => verdict === 'fails')).toEqual([])
})

/** An answer of three words, and how its bytes lie. */
const words = ['Grüß ', 'dich ', '👋']
const wholeStream = Buffer.from(
  [roleEvent, ...words.map((content) => sse(chunk({ content }))), stopEvent, sseDone].join(''),
)
const eventEnds = (() => {
  const ends: number[] = []
  for (let at = wholeStream.indexOf('\n\n'); at !== -1; at = wholeStream.indexOf('\n\n', at + 2)) {
    ends.push(at + 2)
  }
  return ends
})()
const firstContentEnd = eventEnds[1] ?? 0
const lastContentEnd = eventEnds.at(-2) ?? 0

/** Everything up to the last whole event, but nothing before there is something to say. */
function toldOf(bytes: number): Buffer {
  const whole = eventEnds.findLast((end) => end <= bytes && end <= lastContentEnd) ?? 0
  return wholeStream.subarray(0, bytes < firstContentEnd ? 0 : whole)
}

/** Each byte around an event's end and inside [DONE], and steps through the rest. */
const cuts = [
  ...new Set([
    ...eventEnds.flatMap((end) => [end - 2, end - 1, end, end + 1]),
    ...Array.from({ length: 60 }, (_, step) => Math.floor((step * wholeStream.length) / 60)),
  ]),
].filter((cut) => cut >= 0 && cut < wholeStream.length)

describe('a stream that breaks', () => {
  beforeEach(async () => void (await newEntries()))

  test.each(cuts)(
    'off behind %d bytes on the contributor’s side is free, and says so',
    async (cut) => {
      upstream.become(streamBytes([wholeStream.subarray(0, cut)], 'cut'))
      const { body, answered } = post({ fields: { messages, stream: true } })
      const answer = await answered
      const bytes = Buffer.from(await answer.arrayBuffer())
      const { receipts } = await newEntries()
      const told = toldOf(cut)
      if (told.length === 0) {
        expect(answer.status).toBe(502)
        expect(receipts).toEqual([])
        return
      }
      expect(bytes.subarray(0, told.length).equals(told)).toBe(true)
      const receipt = await receiptOf(answer)
      expect(receipt.receipt).toMatchObject({
        cost: 0n,
        requestHash: sha256Bytes32(Buffer.from(body)),
        responseHash: sha256Bytes32(told),
        work: { status: workStatus.upstreamFailed },
      })
    },
  )

  test('at any byte because its client left, is paid as far as it was told', async () => {
    let paid = 0
    for (const cut of cuts) paid += (await leaveBehind(cut)) ? 1 : 0
    expect(paid).toBe(cuts.filter((cut) => toldOf(cut).length > 0).length)
    expect(paid).toBeGreaterThan(20)
  })
})

/** True where it was paid. The client leaves when it has all that the upstream's `cut` bytes come to. */
async function leaveBehind(cut: number): Promise<boolean> {
  const said = Promise.withResolvers<void>()
  const hangs: Script = async (_request, response) => {
    startSse(response)
    response.flushHeaders()
    if (cut > 0) await writePiece(response, wholeStream.subarray(0, cut))
    said.resolve()
  }
  upstream.become(hangs)
  const leaving = new AbortController()
  const { answered } = post({ fields: { messages, stream: true } }, leaving.signal)
  const told = toldOf(cut)
  const request = await upstream.nextRequest()
  await said.promise
  if (told.length > 0)
    expect((await readExactly(await answered, told.length)).equals(told)).toBe(true)
  leaving.abort()
  await Promise.allSettled([answered])
  await request.left
  const { receipts } = await newEntries()
  if (told.length === 0) {
    expect(receipts).toEqual([])
    return false
  }
  const events = words.filter((_, index) => told.length >= (eventEnds[index + 1] ?? 0)).length
  expect(receipts).toMatchObject([
    {
      receipt: {
        responseHash: sha256Bytes32(told),
        work: { status: workStatus.clientDisconnected },
      },
    },
  ])
  const completionTokens = receipts[0]?.receipt.work.completionTokens ?? 0
  expect(completionTokens).toBeGreaterThanOrEqual(events)
  return true
}

async function readExactly(response: Response, length: number): Promise<Buffer> {
  const reader = response.body?.getReader()
  const chunks: Uint8Array[] = []
  let bytes = 0
  while (bytes < length) {
    const read = await reader?.read()
    if (read?.value === undefined) break
    chunks.push(read.value)
    bytes += read.value.length
  }
  return Buffer.concat(chunks)
}
