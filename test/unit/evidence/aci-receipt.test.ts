import { expect, test } from 'vitest'
import { tier, workStatus } from '../../../src/domain/receipt.ts'
import type { ReceiptEvidence } from '../../../src/domain/receipt-document.ts'
import { bytes32, zeroBytes32 } from '../../../src/domain/units.ts'
import { aciKeysetAt } from '../../../src/evidence/aci-keyset.ts'
import { aciReceipt } from '../../../src/evidence/aci-receipt.ts'
import { openKeyRing } from '../../../src/evidence/key-ring.ts'
import { aGateway, aPrivateKey } from '../../support/evidence.ts'
import { documentOf, receipt, signReceipt, work } from '../../support/signed-receipt.ts'

const keys = openKeyRing(aPrivateKey)
const keyset = aciKeysetAt(keys, aGateway, work.finishedAt)

type Event = Readonly<Record<string, unknown>> & { readonly type: string }

const eventsOf = (
  told: {
    readonly tiers?: number
    readonly status?: (typeof workStatus)[keyof typeof workStatus]
    readonly responseHash?: typeof zeroBytes32
    readonly sessionId?: string
    readonly evidence?: ReceiptEvidence
  } = {},
): readonly Event[] => {
  const { status = workStatus.complete, tiers = 1, responseHash = receipt.responseHash } = told
  const signed = documentOf(signReceipt({ work: { status }, receipt: { tiers, responseHash } }))
  const document = told.evidence === undefined ? signed : { ...signed, evidence: told.evidence }
  const answered = {
    ...{ document, digest: zeroBytes32, answerId: undefined, modelName: 'm' },
    ...{ path: '/v1/chat/completions', upstreamName: 'one', sessionId: told.sessionId },
  }
  return aciReceipt(keys, keyset, answered)['event_log'] as readonly Event[]
}
const upstreamOf = (events: readonly Event[]) =>
  events.find(({ type }) => type === 'upstream.verified')

test('an upstream is verified only where a session says so', () => {
  expect(upstreamOf(eventsOf())).toMatchObject({
    result: 'failed',
    reason: 'no TEE of the upstream was verified',
  })
  expect(upstreamOf(eventsOf({ tiers: 1 | tier.teeBoundKey }))).toMatchObject({
    result: 'failed',
    reason: expect.stringContaining('the connection is not'),
  })
  const sessionId = 'ab'.repeat(32)
  expect(upstreamOf(eventsOf({ sessionId }))).toMatchObject({
    ...{ result: 'verified', session_id: sessionId },
  })
})

test('what an upstream said of itself is named by its hash, and makes nothing verified', () => {
  const reportHash = bytes32(`0x${'e7'.repeat(32)}`)
  const origin = 'https://api.example'
  const asked = { origin, nonce: '0a'.repeat(32), signingAddress: '', askedAt: work.startedAt }
  const upstreamReport = { ...asked, reportHash, verification: 'quote-verified' } as const
  const events = eventsOf({ evidence: { upstreamReport } })
  expect(events.find(({ type }) => type === 'vouch.upstream_report')).toEqual({
    type: 'vouch.upstream_report',
    origin,
    digest: `sha256:${'e7'.repeat(32)}`,
    verification: 'quote-verified',
    asked_at: work.startedAt,
  })
  expect(upstreamOf(events)).toMatchObject({ result: 'failed', required: false })
})

test('bytes that the gateway stands for by no hash are given none', () => {
  const events = eventsOf({ status: workStatus.upstreamFailed, responseHash: zeroBytes32 })
  const interrupted = events.find(({ type }) => type === 'vouch.response_interrupted')
  expect(interrupted).toEqual({
    type: 'vouch.response_interrupted',
    status: workStatus.upstreamFailed,
  })
  expect(events.some(({ type }) => type === 'response.returned')).toBe(false)
})

test('an answer that ended where its budget did was returned whole', () => {
  const events = eventsOf({ status: workStatus.truncatedByBudget })
  expect(events.find(({ type }) => type === 'response.returned')).toMatchObject({
    body_hash: `sha256:${receipt.responseHash.slice(2)}`,
  })
})
