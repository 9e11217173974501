/*
 * The transitions of a channel against a model that is nothing but sums: any order of holds, charges, releases, vouchers
 * and words from the chain keeps every invariant, and what the ledger accepts and refuses is what the sums allow.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Channel } from '../../src/domain/channel.ts'
import * as ledger from '../../src/domain/channel-ledger.ts'
import { atomic, unixSeconds } from '../../src/domain/units.ts'
import { channelConfig, channelIdOf, onChain, voucherOf } from '../support/channels.ts'

/** What a channel should be, in plain numbers. */
type Model = {
  balance: bigint
  signed: bigint
  charged: bigint
  claimed: bigint
  closing: boolean
  frozen: boolean
  announced: bigint
  receipts: number
  readonly holds: bigint[]
}
type Real = { channel: Channel }

const accepted = new Map<string, number>()
const refused = new Map<string, number>()
const note = (counts: Map<string, number>, what: string) =>
  counts.set(what, (counts.get(what) ?? 0) + 1)

const heldOf = ({ holds }: Model): bigint => holds.reduce((sum, amount) => sum + amount, 0n)

/** The invariants of channel-ledger.ts, by their numbers, and the sums. */
function compare(model: Model, { channel }: Real, before: Channel): void {
  expect(channel).toMatchObject({
    balance: model.balance,
    signedMaxClaimable: model.signed,
    chargedCumulativeAmount: model.charged,
    heldAmount: heldOf(model),
    totalClaimed: model.claimed,
    closing: model.closing,
    frozen: model.frozen,
    announcedAmount: model.announced,
    receiptSeq: model.receipts,
  })
  expect(channel.totalClaimed).toBeLessThanOrEqual(channel.chargedCumulativeAmount) // (1)
  expect(channel.chargedCumulativeAmount + channel.heldAmount).toBeLessThanOrEqual(
    channel.signedMaxClaimable,
  ) // (2)
  expect(channel.signedMaxClaimable).toBeLessThanOrEqual(channel.balance) // (3)
  for (const member of ['chargedCumulativeAmount', 'signedMaxClaimable', 'totalClaimed'] as const) {
    expect(channel[member]).toBeGreaterThanOrEqual(before[member]) // (4)
  }
  if (before.closing || before.frozen) {
    expect(channel.heldAmount).toBeLessThanOrEqual(before.heldAmount) // (5)
  }
  expect(channel.announcedAmount).toBeLessThanOrEqual(channel.signedMaxClaimable) // (6)
  expect(channel.announcedAmount).toBeGreaterThanOrEqual(before.announcedAmount) // (6)
  expect(ledger.freeAmount(channel)).toBe(model.signed - model.charged - heldOf(model))
}

type Step = (model: Model, real: Real) => void
const command = (name: string, step: Step): fc.Command<Model, Real> => ({
  check: () => true,
  run: (model, real) => {
    const before = real.channel
    step(model, real)
    compare(model, real, before)
  },
  toString: () => name,
})

const holdCommand = (amount: bigint) =>
  command(`hold ${amount}`, (model, real) => {
    const held = ledger.hold(real.channel, atomic(amount))
    const free = model.signed - model.charged - heldOf(model)
    const objections: [boolean, string][] = [
      [model.closing, 'channel_closing'],
      [model.frozen, 'channel_frozen'],
      [amount > free, 'insufficient_balance'],
    ]
    const reason = objections.find(([applies]) => applies)?.[1] ?? ''
    expect(held.ok ? '' : held.error.reason).toBe(reason)
    note(held.ok ? accepted : refused, 'hold')
    if (!held.ok) return
    real.channel = held.value
    model.holds.push(amount)
  })

/** Ends one of the open holds: by a charge of a part of it, or by a release. */
const endCommand = (pick: number, percent: bigint | undefined) =>
  command(`end ${pick} ${percent}`, (model, real) => {
    const [amount] = model.holds.splice(pick % Math.max(model.holds.length, 1), 1)
    if (amount === undefined) return
    if (percent === undefined) {
      real.channel = ledger.release(real.channel, atomic(amount))
      note(accepted, 'release')
      return
    }
    const actual = (amount * percent) / 100n
    real.channel = ledger.charge(real.channel, { held: atomic(amount), actual: atomic(actual) })
    model.charged += actual
    model.receipts += 1
    note(accepted, 'charge')
  })

const voucherCommand = (amount: bigint, ours: boolean) =>
  command(`voucher ${amount} ${ours}`, (model, real) => {
    const before = real.channel
    const voucher = voucherOf(channelIdOf(ours ? 0 : 1), amount)
    const result = ledger.acceptVoucher(before, voucher)
    const objections: [boolean, string][] = [
      [!ours, 'voucher_channel_mismatch'],
      [model.closing, 'channel_closing'],
      [amount > model.balance, 'voucher_above_balance'],
    ]
    const reason = objections.find(([applies]) => applies)?.[1] ?? ''
    expect(result.ok ? '' : result.error.reason).toBe(reason)
    note(result.ok ? accepted : refused, 'voucher')
    if (!result.ok) return
    real.channel = result.value
    // An older voucher is superseded: it changes nothing.
    if (amount <= model.signed) expect(real.channel).toBe(before)
    else model.signed = amount
  })

const observeCommand = (balance: bigint, claimed: bigint, withdraws: boolean) =>
  command(`observe ${balance} ${claimed} ${withdraws}`, (model, real) => {
    real.channel = ledger.observeChain(
      real.channel,
      onChain(balance, {
        totalClaimed: atomic(claimed),
        withdrawFinalAtS: withdraws ? unixSeconds(1) : undefined,
      }),
    )
    const covered = balance >= model.signed
    if (covered) model.balance = balance
    // What was never charged cannot have been claimed: such a word is not believed.
    if (claimed > model.claimed && claimed <= model.charged) model.claimed = claimed
    model.closing = withdraws || !covered
    note(accepted, model.closing ? 'close' : 'observe')
  })

const announceCommand = () =>
  command('announce', (model, real) => {
    real.channel = ledger.announce(real.channel)
    const ceiling = model.charged + heldOf(model)
    note(accepted, ceiling > model.announced ? 'announce' : 'told before')
    if (ceiling > model.announced) model.announced = ceiling
  })

const freezeCommand = (frozen: boolean) =>
  command(frozen ? 'freeze' : 'thaw', (model, real) => {
    real.channel = frozen ? ledger.freeze(real.channel) : ledger.thaw(real.channel)
    model.frozen = frozen
    note(accepted, frozen ? 'freeze' : 'thaw')
  })

const anyAmount = fc.bigInt({ min: 0n, max: 1_000n })
const commands = [
  anyAmount.map(holdCommand),
  anyAmount.map(holdCommand),
  fc.constant(null).map(announceCommand),
  fc.nat(2).map((dice) => freezeCommand(dice === 0)),
  fc
    .tuple(fc.nat(9), fc.option(fc.bigInt({ min: 0n, max: 100n }), { nil: undefined }))
    .map(([pick, percent]) => endCommand(pick, percent)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 6_000n }), fc.integer({ min: 0, max: 9 }))
    .map(([amount, dice]) => voucherCommand(amount, dice > 0)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 6_000n }), anyAmount, fc.integer({ min: 0, max: 9 }))
    .map(([balance, claimed, dice]) => observeCommand(balance, claimed, dice === 0)),
]

test('any sequence of transitions agrees with the sums', () => {
  const setup = () => ({
    model: {
      balance: 5_000n,
      signed: 0n,
      charged: 0n,
      claimed: 0n,
      closing: false,
      frozen: false,
      announced: 0n,
      receipts: 0,
      holds: [],
    },
    real: {
      channel: ledger.openChannel({
        chainId: 31337,
        channelId: channelIdOf(0),
        config: channelConfig,
        onChain: onChain(5_000n),
      }),
    },
  })
  const sequences = fc.commands(commands, { maxCommands: 60, size: 'max' })
  fc.assert(
    fc.property(sequences, (sequence) => fc.modelRun(setup, sequence)),
    { numRuns: 300 },
  )
  for (const what of [
    ...['hold', 'charge', 'release', 'voucher', 'observe', 'close'],
    ...['announce', 'told before', 'freeze', 'thaw'],
  ]) {
    expect(accepted.get(what) ?? 0, what).toBeGreaterThan(20)
  }
  for (const what of ['hold', 'voucher']) expect(refused.get(what) ?? 0, what).toBeGreaterThan(20)
})
