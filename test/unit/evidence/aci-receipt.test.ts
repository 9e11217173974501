import { expect, test } from 'vitest'
import { tier, workStatus } from '../../../src/domain/receipt.ts'
import { zeroBytes32 } from '../../../src/domain/units.ts'
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
  } = {},
): readonly Event[] => {
  const { status = workStatus.complete, tiers = 1, responseHash = receipt.responseHash } = told
  const document = documentOf(signReceipt({ work: { status }, receipt: { tiers, responseHash } }))
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
