/*
 * A real agent in the market of a real gateway: what it reports over its tunnel is what it is asked at, and what it signs on the
 * way stands in the receipt of a stream that its client left.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { hashPriceSheet } from '../../src/chain/receipt-typed-data.ts'
import { anyReceipt } from '../../src/client/check-policy.ts'
import { readReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import { checkpointTokens } from '../../src/contributor/agent-limits.ts'
import { atomic } from '../../src/domain/units.ts'
import { askCapacity } from '../../src/upstream/ask-capacity.ts'
import { type AgentPlace, openAgentPlace } from '../support/agent-place.ts'
import { ask, askedMessages } from '../support/ask.ts'
import { priceOf } from '../support/capacity.ts'
import {
  answerWell,
  roleEvent,
  type ScriptedUpstream,
  startScriptedUpstream,
  startSse,
  wordEvent,
  writePiece,
} from '../support/scripted-upstream.ts'

const floor = {
  promptAtomicPerMtok: atomic(1_000_000n),
  cachedPromptAtomicPerMtok: atomic(500_000n),
  completionAtomicPerMtok: atomic(2_000_000n),
}
let engine: ScriptedUpstream
let place: AgentPlace

beforeAll(async () => {
  engine = await startScriptedUpstream(answerWell())
  place = await openAgentPlace({
    baseUrl: engine.baseUrl,
    dialsIn: true,
    agentModel: { asks: { floor, points: [{ load: 0, multiplier: 3 }] } },
    agent: { slots: 2, region: 'eu' },
  })
  const { pool } = place.gateway
  pool.replace(
    pool.contributors.map((contributor) => ({
      ...contributor,
      offers: contributor.offers.map((offer) => {
        const prices = { ...offer.prices, ...priceOf(100_000_000n) }
        return { ...offer, priceMax: { prices, priceHash: hashPriceSheet(prices) } }
      }),
    })),
  )
})
afterAll(async () => {
  await place.close()
  await engine.close()
})

/** As the gateway asks all the time. */
async function hear() {
  const { pool, upstreams } = place.gateway
  const [contributor = expect.fail('the agent is there')] = pool.contributors
  // It dials in while the test begins.
  const report = await vi.waitFor(async () => {
    const answer = await askCapacity(upstreams, contributor)
    if (!answer.ok) throw new Error(answer.error)
    return answer
  })
  pool.heard(contributor.contributorId, report.value, Date.now())
  return report.value
}

test('what it reports over its tunnel is what it is asked at, and it takes no less', async () => {
  const report = await hear()
  expect(report).toMatchObject({ slots: 2, running: 0, region: 'eu', draining: false })
  const asked = report.models[0]?.prices ?? expect.fail('it asks something')
  expect(asked.completionAtomicPerMtok).toBe(3n * floor.completionAtomicPerMtok)
  // As before it reported: at the price of its listing, which is below its floor.
  place.gateway.pool.heard('agent', undefined, Date.now())
  expect(await ask(place.gateway)).toMatchObject({
    status: 429,
    error: { code: 'capacity_exhausted' },
  })
  place.gateway.pool.readmit('agent')
  await hear()
  expect((await ask(place.gateway)).status).toBe(200)
  const { receipts } = await place.newEntries()
  expect(receipts[0]?.priceSheet.completionAtomicPerMtok).toBe(
    String(asked.completionAtomicPerMtok),
  )
  expect(place.gateway.pool.report(Date.now())[0]).toMatchObject({ concurrencyMax: 2 })
})

test('a stream that its client left is vouched for as far as its newest checkpoint', async () => {
  const total = checkpointTokens * 2 + 5
  engine.become(async (_, response) => {
    startSse(response)
    await writePiece(response, roleEvent)
    for (let word = 0; word < total; word += 1) await writePiece(response, wordEvent)
  })
  const { origin, apiKey, operator } = place.gateway
  const abort = new AbortController()
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: askedMessages, stream: true }),
    signal: abort.signal,
  })
  let text = ''
  for await (const piece of response.body ?? []) {
    text += Buffer.from(piece).toString()
    if (text.split('word ').length > total) break
  }
  abort.abort()
  const { receipts, chargedAmount } = await place.newEntries()
  const [document = expect.fail('there is a receipt')] = receipts
  expect(document.receipt.work.status).toBe(1)
  expect(chargedAmount).toBeGreaterThan(0n)
  const parsed = readReceiptDocument(document)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  const keyOf = (key: typeof operator) => ({ operator: undefined, key })
  const lines = verifyReceipt({
    receipt: parsed.value,
    evidence: { content: [], request: undefined, response: Buffer.from(text) },
    anchors: {
      ...noTrustAnchors,
      gatewayKeys: [keyOf(operator)],
      contributorKeys: [keyOf(place.operator)],
    },
    policy: anyReceipt,
    nowMs: Date.now(),
  })
  expect(Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]))).toMatchObject({
    'gateway-signature': 'holds',
    stream: 'holds',
    checkpoint: 'holds',
    'checkpoint-key': 'holds',
    'checkpoint-stream': 'holds',
  })
  // Where each stands, the disk and the time between tokens have a say in; the newest is never further back than this.
  const vouched = document.evidence?.checkpoints?.[0]?.checkpoint.completionTokens ?? 0
  expect(vouched).toBeGreaterThan(total - checkpointTokens)
  expect(vouched).toBeLessThanOrEqual(total)
})
