/*
 * The embedded ledger against sums, with power cuts in between: whatever order of requests, after each cut the book is what
 * was durable, and what was open is there to be ended.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { atomic } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import {
  channelIdOf,
  holdOf,
  openSignedChannel,
  receiptIdOf,
  sealNote,
  untilDurable,
} from '../support/channels.ts'
import { type LedgerPlace, sqlitePlace } from '../support/ledger-place.ts'

const channels = [0, 1].map(channelIdOf)
const signed = 2_000n

type Open = { readonly channel: number; readonly amount: bigint; checkpoint: string | undefined }
type Model = {
  readonly charged: bigint[]
  readonly receipts: number[]
  readonly open: Map<string, Open>
  readonly ended: Map<string, bigint | undefined>
  requests: number
}
type Real = { place: LedgerPlace; store: LedgerStore }

const done = new Map<string, number>()
const note = (what: string) => done.set(what, (done.get(what) ?? 0) + 1)

const heldOf = (model: Model, channel: number): bigint =>
  [...model.open.values()]
    .filter((open) => open.channel === channel)
    .reduce((sum, { amount }) => sum + amount, 0n)

async function compare(model: Model, { store }: Real): Promise<void> {
  for (const [index, channelId] of channels.entries()) {
    expect(await store.channel(channelId)).toMatchObject({
      chargedCumulativeAmount: model.charged[index],
      heldAmount: heldOf(model, index),
      receiptSeq: model.receipts[index],
    })
  }
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

const holdCommand = (channel: number, amount: bigint) =>
  command(`hold ${channel} ${amount}`, async (model, { store }) => {
    model.requests += 1
    const requestId = `r${model.requests}`
    const held = await store.hold(holdOf(requestId, channelIdOf(channel), amount))
    const free = signed - (model.charged[channel] ?? 0n) - heldOf(model, channel)
    expect(held.ok).toBe(amount <= free)
    note(held.ok ? 'hold' : 'refusal')
    if (held.ok) model.open.set(requestId, { channel, amount, checkpoint: undefined })
  })

const pick = (model: Model, index: number): [string, Open] | undefined =>
  [...model.open][index % Math.max(model.open.size, 1)]

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
    expect(await store.charge(requestId, atomic(amount), sealNote(requestId))).toBeDefined()
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
    const copy = real.place.copy()
    await real.store.close()
    real.place.remove()
    real.place = copy
    real.store = copy.open()
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
const holds = fc.tuple(fc.nat(1), anyAmount).map((args) => holdCommand(...args))
const charges = fc
  .tuple(index, fc.bigInt({ min: 0n, max: 100n }))
  .map((args) => chargeCommand(...args))
/** A power cut costs a new writer thread: it comes now and then. */
const commands = [
  ...[holds, holds, holds, charges, charges],
  ...[index.map(checkpointCommand), index.map(checkpointCommand)],
  ...[index.map(releaseCommand), index.map(againCommand)],
  fc.constant(null).map(powerCutCommand),
]

test('any order of requests and power cuts agrees with the sums', async () => {
  const sequences = fc.commands(commands, { maxCommands: 50, size: 'max' })
  await fc.assert(
    fc.asyncProperty(sequences, async (sequence) => {
      const place = sqlitePlace()
      const real: Real = { place, store: place.open() }
      for (const channelId of channels) await openSignedChannel(real.store, channelId, signed)
      const model: Model = {
        charged: [0n, 0n],
        receipts: [0, 0],
        open: new Map(),
        ended: new Map(),
        requests: 0,
      }
      try {
        await fc.asyncModelRun(() => ({ model, real }), sequence)
      } finally {
        await real.store.close()
        real.place.remove()
      }
    }),
    // The same sequences each time: what they covered is asserted below.
    { numRuns: 4, seed: 20_261_122 },
  )
  for (const what of ['hold', 'refusal', 'checkpoint', 'charge', 'release', 'again', 'power cut']) {
    expect(done.get(what) ?? 0, what).toBeGreaterThan(0)
  }
})
