/*
 * Made-up streams, whole ones and broken ones, through a whole gateway over real sockets. Whatever the upstream does, its
 * caller gets a status, or a well-formed stream: with [DONE] exactly when it is whole, else with an error at its end; in it
 * everything that was said before the fault and nothing else; and a receipt for just those bytes.
 */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { anyReceipt } from '../../src/client/check-policy.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { type Answer, askBody, askedMessages } from '../support/ask.ts'
import {
  anyMadeUpStream,
  expectedOf,
  type MadeUpFault,
  type MadeUpStream,
  madeUpFaults,
  scriptOf,
} from '../support/made-up-streams.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, newEntries, close } = await openUpstreamPlace()
afterAll(close)

/** The chunks that the caller got, without usage; checks that each event is one, but for an error and [DONE] at the end. */
function shownIn(answer: Answer, { includeUsage }: MadeUpStream, isWhole: boolean): unknown[] {
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

async function judge(madeUp: MadeUpStream): Promise<'refused' | 'broken off' | 'whole'> {
  const { events, choiceCount, includeUsage } = madeUp
  upstream.become(scriptOf(madeUp))
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
  const met = new Map<MadeUpFault, number>()
  await fc.assert(
    fc.asyncProperty(anyMadeUpStream(2), async (madeUp) => {
      outcomes[await judge(madeUp)] += 1
      met.set(madeUp.fault, (met.get(madeUp.fault) ?? 0) + 1)
    }),
    { numRuns: 500, seed: 20_261_122 },
  )
  for (const fault of Object.keys(madeUpFaults))
    expect(met.get(fault as MadeUpFault), fault).toBeGreaterThan(40)
  for (const [outcome, count] of Object.entries(outcomes)) {
    expect(count, outcome).toBeGreaterThan(50)
  }
})
