import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { holdReapIntervalMs } from '../../../src/base/limits.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import type { OrphanedHold } from '../../../src/domain/hold.ts'
import { zeroAddress } from '../../../src/domain/units.ts'
import { startHoldReaper } from '../../../src/gateway/hold-reaper.ts'
import { createPaymentStep, type PaymentStep } from '../../../src/payment/payment-step.ts'
import { type LedgerStore, StoreFailure } from '../../../src/store/ledger-store.ts'
import { nobodyLimited } from '../../support/caller-limits.ts'
import { channelIdOf, holdOf, openSignedChannel } from '../../support/channels.ts'
import { testDomain } from '../../support/gateway-on-ledger.ts'
import { type LedgerPlace, sqlitePlace } from '../../support/ledger-place.ts'

let place: LedgerPlace
let ledger: LedgerStore
let logged: string[]

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  place = sqlitePlace()
  ledger = place.open()
  logged = []
  await openSignedChannel(ledger, channelIdOf(0), 500n)
})

afterEach(async () => {
  vi.useRealTimers()
  await ledger.close()
  place.remove()
})

const privateKey = randomPrivateKey()
const operator = addressOfPrivateKey(privateKey)

/** Reaps what `orphans` says at each look, from the real ledger. */
function startWith(orphans: () => Promise<readonly OrphanedHold[]>) {
  const payment: PaymentStep = { ...createPaymentStep(ledger), orphanedHolds: orphans }
  return startHoldReaper({
    ...nobodyLimited,
    payment,
    signer: {
      operator,
      privateKey,
      domain: testDomain,
      chainId: 1,
      verifyingContract: zeroAddress,
    },
    payerOf: async () => undefined,
    nowMs: () => 0,
    log: {
      info: (event, facts) => logged.push(`${event} ${JSON.stringify(facts)}`),
      error: (event, facts) => logged.push(`${event} ${JSON.stringify(facts)}`),
    },
  })
}

const orphanOf = (requestId: string): OrphanedHold => ({
  ...holdOf(requestId, channelIdOf(0), 100n),
  context: '{}',
  checkpoint: undefined,
})

test('what a dead replica leaves is ended at the next look, and a failing store only delays it', async () => {
  await ledger.hold(holdOf('left', channelIdOf(0), 100n))
  let looks = 0
  const reaper = startWith(async () => {
    looks += 1
    if (looks === 1) throw new StoreFailure('not now')
    return looks === 2 ? [orphanOf('left')] : []
  })
  expect(looks).toBe(0)
  for (let round = 0; round < 3; round += 1) {
    await vi.advanceTimersByTimeAsync(holdReapIntervalMs)
  }
  await reaper.stop()
  expect(looks).toBe(3)
  expect(await ledger.channel(channelIdOf(0))).toMatchObject({ heldAmount: 0n })
  expect(logged).toEqual([
    'hold_recovery_failed {"error":"StoreFailure"}',
    'holds_recovered {"charged":0,"released":1}',
  ])
})

test('a round that lasts is not followed by a crowd, and stopping waits for it', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly OrphanedHold[]>()
  let looks = 0
  const reaper = startWith(() => {
    looks += 1
    return promise
  })
  await vi.advanceTimersByTimeAsync(holdReapIntervalMs * 3)
  expect(looks).toBe(1)
  let stopped = false
  const stopping = reaper.stop().then(() => {
    stopped = true
  })
  await vi.advanceTimersByTimeAsync(holdReapIntervalMs * 3)
  expect([looks, stopped]).toEqual([1, false])
  resolve([])
  await stopping
})
