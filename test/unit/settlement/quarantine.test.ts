import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Channel } from '../../../src/domain/channel.ts'
import { openChannel } from '../../../src/domain/channel-ledger.ts'
import { atomic } from '../../../src/domain/units.ts'
import { Quarantine, readQuarantine } from '../../../src/settlement/quarantine.ts'
import type { OutboxStore } from '../../../src/store/outbox-store.ts'
import { channelConfig, channelIdOf, onChain } from '../../support/channels.ts'
import { type OutboxPlace, sqliteOutboxPlace } from '../../support/outbox-place.ts'

const minuteMs = 60_000
const startMs = 1_700_000_000_000

let place: OutboxPlace
let notes: OutboxStore
beforeEach(async () => {
  place = await sqliteOutboxPlace()
  notes = await place.open()
})
afterEach(async () => {
  await notes.close()
  await place.remove()
})

const channel = (change: Partial<Channel> = {}): Channel => ({
  ...openChannel({
    channelId: channelIdOf(0),
    chainId: 31337,
    config: channelConfig,
    onChain: onChain(1_000n),
  }),
  signedMaxClaimable: atomic(500n),
  chargedCumulativeAmount: atomic(100n),
  ...change,
})

test('what was refused waits, each time twice as long, up to an hour', async () => {
  const quarantine = await Quarantine.open(notes)
  expect(quarantine.holds(channel(), startMs)).toBe(false)
  let nowMs = startMs
  for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
    await quarantine.add(channel(), 'nothing_left', nowMs)
    expect(quarantine.holds(channel(), nowMs + minutes * minuteMs - 1)).toBe(true)
    nowMs += minutes * minuteMs
    expect(quarantine.holds(channel(), nowMs)).toBe(false)
  }
  expect(await readQuarantine(notes)).toMatchObject([
    { reason: 'nothing_left', failures: 8, sinceMs: startMs },
  ])
})

test.each([
  ['more is charged', { chargedCumulativeAmount: atomic(101n) }],
  ['more is signed', { signedMaxClaimable: atomic(501n) }],
  ['there is more in it', { balance: atomic(1_001n) }],
])('a channel is tried at once when %s', async (_what, change) => {
  const quarantine = await Quarantine.open(notes)
  await quarantine.add(channel(), 'no', startMs)
  expect(quarantine.holds(channel(change), startMs)).toBe(false)
  await quarantine.add(channel(change), 'no', startMs)
  expect(await readQuarantine(notes)).toMatchObject([{ failures: 1 }])
})

test('a channel whose payer withdraws never waits longer than the first pause', async () => {
  const quarantine = await Quarantine.open(notes)
  for (let n = 0; n < 6; n += 1) await quarantine.add(channel(), 'no', startMs)
  expect(quarantine.holds(channel({ closing: true }), startMs + minuteMs - 1)).toBe(true)
  expect(quarantine.holds(channel({ closing: true }), startMs + minuteMs)).toBe(false)
  expect(quarantine.holds(channel(), startMs + minuteMs)).toBe(true)
})

test('outlives the process, until a claim goes through', async () => {
  await (await Quarantine.open(notes)).add(channel(), 'no', startMs)
  const next = await Quarantine.open(notes)
  expect(next.holds(channel(), startMs)).toBe(true)
  await next.release(channelIdOf(0))
  expect((await Quarantine.open(notes)).holds(channel(), startMs)).toBe(false)
  expect(await readQuarantine(notes)).toEqual([])
})
