/*
 * Both ledgers against sums, with power cuts in between: whatever order of requests, after each cut the book is what was
 * durable, and what was open is there to be ended. The invariants have the numbers of domain/channel-ledger.ts,
 * key-spending.ts and payout-ledger.ts, and are looked at after every step.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { address, atomic } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import {
  channelConfig,
  channelIdOf,
  holdOf,
  onChain,
  openSignedChannel,
  receiptIdOf,
  sealNote,
  untilDurable,
} from '../support/channels.ts'
import { type StorePlace, storeKinds } from '../support/store-places.ts'

const channels = [0, 1].map(channelIdOf)
const payoutId = channelIdOf(100)
const signed = 1_200n
const capAmount = 600n
const budgetId = 'key-1'

type Open = {
  readonly channel: number
  amount: bigint
  readonly isCapped: boolean
  checkpoint: string | undefined
}
type Model = {
  readonly charged: bigint[]
  readonly receipts: number[]
  readonly frozen: boolean[]
  readonly open: Map<string, Open>
  readonly ended: Map<string, bigint | undefined>
  spent: bigint
  earned: bigint
  requests: number
}
type Real = { place: StorePlace; store: LedgerStore }

const done = new Map<string, number>()
const note = (what: string) => done.set(what, (done.get(what) ?? 0) + 1)

const heldOf = (model: Model, isCounted: (open: Open) => boolean): bigint =>
  [...model.open.values()].filter(isCounted).reduce((sum, { amount }) => sum + amount, 0n)

const heldOn = (model: Model, channel: number) => heldOf(model, (open) => open.channel === channel)
const heldUnderCap = (model: Model) => heldOf(model, ({ isCapped }) => isCapped)
const freeOn = (model: Model, channel: number) =>
  signed - (model.charged[channel] ?? 0n) - heldOn(model, channel)

async function compare(model: Model, { store }: Real): Promise<void> {
  for (const [index, channelId] of channels.entries()) {
    const channel = await store.channel(channelId)
    expect(channel).toMatchObject({
      chargedCumulativeAmount: model.charged[index],
      heldAmount: heldOn(model, index),
      receiptSeq: model.receipts[index],
      frozen: model.frozen[index],
    })
    if (channel === undefined) continue
    expect(channel.totalClaimed).toBeLessThanOrEqual(channel.chargedCumulativeAmount) // (1)
    expect(channel.chargedCumulativeAmount + channel.heldAmount).toBeLessThanOrEqual(
      channel.signedMaxClaimable,
    ) // (2)
    expect(channel.signedMaxClaimable).toBeLessThanOrEqual(channel.balance) // (3)
    expect(channel.announcedAmount).toBeLessThanOrEqual(channel.signedMaxClaimable) // (6)
  }
  const spending = await store.keySpending(budgetId)
  expect(spending).toMatchObject({ chargedAmount: model.spent, heldAmount: heldUnderCap(model) })
  expect(spending.chargedAmount + spending.heldAmount).toBeLessThanOrEqual(capAmount) // (7)
  const payout = await store.payout(payoutId)
  expect(payout?.earnedAmount).toBe(model.earned)
  expect(payout?.promisedAmount).toBeLessThanOrEqual(model.earned) // (P2)
}

type Step = (model: Model, real: Real) => Promise<void>
const command = (name: string, step: Step): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  run: async (model, real) => {
    await step(model, real)
    await compare(model, real)
  },
  toString: () => name,
})

/** Why the sums do not allow so much more, in the order in which the ledger looks. */
const objection = (
  model: Model,
  to: Pick<Open, 'channel' | 'isCapped'>,
  amount: bigint,
): string => {
  if (model.frozen[to.channel]) return 'channel_frozen'
  if (amount > freeOn(model, to.channel)) return 'insufficient_balance'
  const isOverCap = to.isCapped && model.spent + heldUnderCap(model) + amount > capAmount
  return isOverCap ? 'key_cap_reached' : ''
}

const holdCommand = (channel: number, amount: bigint, isCapped: boolean) =>
  command(`hold ${channel} ${amount} ${isCapped}`, async (model, { store }) => {
    model.requests += 1
    const requestId = `r${model.requests}`
    const budget = isCapped ? { budgetId, capAmount: atomic(capAmount) } : undefined
    const held = await store.hold({ ...holdOf(requestId, channelIdOf(channel), amount), budget })
    const reason = objection(model, { channel, isCapped }, amount)
    expect(held.ok ? '' : held.error.reason).toBe(reason)
    note(held.ok ? 'hold' : reason)
    if (held.ok) model.open.set(requestId, { channel, amount, isCapped, checkpoint: undefined })
  })

const pick = (model: Model, index: number): [string, Open] | undefined =>
  [...model.open][index % Math.max(model.open.size, 1)]

const extendCommand = (index: number, amount: bigint) =>
  command(`extend ${index} ${amount}`, async (model, { store }) => {
    const [requestId, open] = pick(model, index) ?? []
    if (requestId === undefined || open === undefined) return
    const extended = await store.extend(requestId, atomic(amount))
    expect(extended.ok ? '' : extended.error.reason).toBe(objection(model, open, amount))
    note(extended.ok ? 'extend' : 'no extend')
    if (extended.ok) open.amount += amount
  })

const freezeCommand = (channel: number, frozen: boolean) =>
  command(`freeze ${channel} ${frozen}`, async (model, { store }) => {
    await store.setFrozen(channelIdOf(channel), frozen)
    model.frozen[channel] = frozen
    note('freeze')
  })

const checkpointCommand = (index: number) =>
  command(`checkpoint ${index}`, async (model, { store }) => {
    const [requestId, open] = pick(model, index) ?? []
    if (requestId === undefined || open === undefined) return
    open.checkpoint = `far ${index}`
    store.checkpoint(requestId, open.checkpoint)
    note('checkpoint')
  })

const chargeCommand = (index: number, percent: bigint) =>
  command(`charge ${index} ${percent}`, async (model, { store }) => {
    const [requestId, open] = pick(model, index) ?? []
    if (requestId === undefined || open === undefined) return
    const amount = (open.amount * percent) / 100n
    const earning = { payoutId, amount: atomic(amount / 2n) }
    const seal = sealNote(requestId)
    expect(await store.charge(requestId, atomic(amount), seal, earning)).toBeDefined()
    model.earned += amount / 2n
    if (open.isCapped) model.spent += amount
    model.open.delete(requestId)
    model.ended.set(requestId, amount)
    model.charged[open.channel] = (model.charged[open.channel] ?? 0n) + amount
    model.receipts[open.channel] = (model.receipts[open.channel] ?? 0) + 1
    note('charge')
  })

const releaseCommand = (index: number) =>
  command(`release ${index}`, async (model, { store }) => {
    const [requestId] = pick(model, index) ?? []
    if (requestId === undefined) return
    await store.release(requestId)
    model.open.delete(requestId)
    model.ended.set(requestId, undefined)
    note('release')
  })

/** Ends that come again, as they do when a client leaves while its answer ends, change nothing. */
const againCommand = (index: number) =>
  command(`again ${index}`, async (model, { store }) => {
    const [requestId] = [...model.ended.keys()].slice(index % Math.max(model.ended.size, 1))
    if (requestId === undefined) return
    expect(await store.charge(requestId, atomic(1n), sealNote(requestId))).toBeUndefined()
    await store.release(requestId)
    note('again')
  })

/** Everything decided becomes durable, then the process dies: the next one sees it all. */
const powerCutCommand = () =>
  command('power cut', async (model, real) => {
    await untilDurable(real.store, channelIdOf(0))
    const copy = await real.place.copy()
    await real.store.close()
    await real.place.remove()
    real.place = copy
    real.store = await copy.open()
    const orphans = await real.store.orphanedHolds()
    expect(new Map(orphans.map((orphan) => [orphan.requestId, orphan.checkpoint]))).toEqual(
      new Map([...model.open].map(([requestId, { checkpoint }]) => [requestId, checkpoint])),
    )
    for (const [requestId, amount] of model.ended) {
      const receipt = await real.store.receipt(receiptIdOf(requestId))
      expect(receipt === undefined).toBe(amount === undefined)
    }
    note('power cut')
  })

const index = fc.nat(30)
const anyAmount = fc.bigInt({ min: 0n, max: 900n })
const holds = fc
  .tuple(fc.nat(1), anyAmount, fc.nat(3))
  .map(([channel, amount, dice]) => holdCommand(channel, amount, dice === 0))
const charges = fc
  .tuple(index, fc.bigInt({ min: 0n, max: 100n }))
  .map((args) => chargeCommand(...args))
const extensions = fc
  .tuple(index, fc.bigInt({ min: 0n, max: 400n }))
  .map((args) => extendCommand(...args))
/** Thawed more often than frozen: a frozen channel takes nothing. */
const freezes = fc
  .tuple(fc.nat(1), fc.nat(2))
  .map(([channel, dice]) => freezeCommand(channel, dice === 0))
/** A power cut costs a new writer: it comes now and then. */
const commands = [
  ...[holds, holds, holds, holds, charges, charges, extensions],
  ...[index.map(checkpointCommand), index.map(checkpointCommand), freezes],
  ...[index.map(releaseCommand), index.map(againCommand)],
  fc.constant(null).map(powerCutCommand),
]
const everything = [
  ...['hold', 'insufficient_balance', 'key_cap_reached', 'channel_frozen', 'extend', 'no extend'],
  ...['checkpoint', 'charge', 'release', 'again', 'freeze', 'power cut'],
]

describe.each(storeKinds())('in $name', (kind) => {
  beforeAll(kind.begin)
  afterAll(kind.end)

  test('any order of requests and power cuts agrees with the sums', async () => {
    done.clear()
    const sequences = fc.commands(commands, { maxCommands: 50, size: 'max' })
    await fc.assert(
      fc.asyncProperty(sequences, (sequence) => run(kind.createPlace(), sequence)),
      // The same sequences each time: what they covered is asserted below.
      { numRuns: 12, seed: 20_261_122 },
    )
    for (const what of everything) expect(done.get(what) ?? 0, what).toBeGreaterThan(0)
  })
})

async function run(place: StorePlace, sequence: Iterable<fc.AsyncCommand<Model, Real>>) {
  const real: Real = { place, store: await place.open() }
  for (const channelId of channels) await openSignedChannel(real.store, channelId, signed)
  const contributor = address(`0x${'c0'.repeat(20)}`)
  await real.store.openPayout({
    payoutId,
    chainId: 31337,
    contributor,
    config: channelConfig,
    onChain: onChain(10_000n),
  })
  const model: Model = {
    charged: [0n, 0n],
    receipts: [0, 0],
    frozen: [false, false],
    open: new Map(),
    ended: new Map(),
    spent: 0n,
    earned: 0n,
    requests: 0,
  }
  try {
    await fc.asyncModelRun(() => ({ model, real }), sequence)
  } finally {
    await real.store.close()
    await real.place.remove()
  }
}
