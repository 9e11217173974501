import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { receiptSweepIntervalMs, receiptsExpiredAtOnceMax } from '../../../src/base/limits.ts'
import { atomic, unixSecondsOf } from '../../../src/domain/units.ts'
import { type ReceiptSweep, startReceiptSweep } from '../../../src/payment/sweep-receipts.ts'
import { type LedgerStore, StoreFailure } from '../../../src/store/ledger-store.ts'
import { channelIdOf, holdOf, openSignedChannel, sealNote } from '../../support/channels.ts'
import { type LedgerPlace, sqlitePlace } from '../../support/ledger-place.ts'

const retentionS = 100
const channelId = channelIdOf(0)

let place: LedgerPlace
let ledger: LedgerStore
let nowMs: number
let sweep: ReceiptSweep | undefined
const logged: string[] = []

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  place = sqlitePlace()
  ledger = place.open()
  await openSignedChannel(ledger, channelId, 1_000n)
  nowMs = 1_000_000
  logged.length = 0
})

afterEach(async () => {
  await sweep?.stop()
  sweep = undefined
  vi.useRealTimers()
  await ledger.close()
  place.remove()
})

const start = (of: Pick<LedgerStore, 'expireReceipts'> = ledger): ReceiptSweep => {
  const note = (event: string, facts?: object) => logged.push(`${event} ${JSON.stringify(facts)}`)
  sweep = startReceiptSweep({
    ledger: of,
    retentionS,
    nowMs: () => nowMs,
    log: { info: note, error: note },
  })
  return sweep
}

async function charge(name: string): Promise<void> {
  await ledger.hold(holdOf(name, channelId, 1n))
  const sealedAt = unixSecondsOf(nowMs)
  const seal = sealNote(name)
  const charged = await ledger.charge(name, atomic(1n), (at) => ({ ...seal(at), sealedAt }))
  await charged?.durable
}

const kept = async (): Promise<number> =>
  (await ledger.receiptsBySeq({ afterSeq: 0, limit: 1_000 })).filter(
    ({ body }) => body !== undefined,
  ).length

test('what is old enough is deleted at the start, in as many steps as it takes', async () => {
  const many = receiptsExpiredAtOnceMax + 7
  await Promise.all(Array.from({ length: many }, (_, index) => charge(`old ${index}`)))
  nowMs += 1_000
  await charge('young')
  nowMs += retentionS * 1_000
  start()
  await vi.waitFor(() => expect(logged).toEqual([`receipts_expired {"receipts":${many}}`]))
  expect(await kept()).toBe(1)
})

test('and what becomes so, every hour', async () => {
  await charge('old')
  start()
  expect(await kept()).toBe(1)
  nowMs += (retentionS + 1) * 1_000
  await vi.advanceTimersByTimeAsync(receiptSweepIntervalMs)
  await vi.waitFor(() => expect(logged).toEqual(['receipts_expired {"receipts":1}']))
  expect(await kept()).toBe(0)
})

test('a store that fails is tried again at the next round', async () => {
  await charge('old')
  nowMs += (retentionS + 1) * 1_000
  let isBroken = true
  start({
    expireReceipts: async (bound) => {
      if (isBroken) throw new StoreFailure('the disk is full')
      return ledger.expireReceipts(bound)
    },
  })
  await vi.waitFor(() => expect(logged).toEqual(['receipts_not_expired {"error":"StoreFailure"}']))
  expect(await kept()).toBe(1)
  isBroken = false
  await vi.advanceTimersByTimeAsync(receiptSweepIntervalMs)
  await vi.waitFor(async () => expect(await kept()).toBe(0))
})

test('a gateway that stops waits for one step, not for all of them', async () => {
  let steps = 0
  const step = Promise.withResolvers<number>()
  const stopping = start({
    expireReceipts: () => {
      steps += 1
      return step.promise
    },
  }).stop()
  step.resolve(receiptsExpiredAtOnceMax)
  await stopping
  expect(steps).toBe(1)
})

test('nothing is old before as much time has passed since 1970', async () => {
  nowMs = 1_000
  await charge('first')
  start()
  await sweep?.stop()
  expect(await kept()).toBe(1)
})
