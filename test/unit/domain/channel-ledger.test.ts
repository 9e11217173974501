import { describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import * as ledger from '../../../src/domain/channel-ledger.ts'
import { atomic, bytes32, unixSeconds } from '../../../src/domain/units.ts'
import { channelConfig, channelIdOf, onChain, voucherOf } from '../../support/channels.ts'

const channelId = channelIdOf(0)

/** A channel with 1000 deposited and so much signed. */
function signedChannel(signed: bigint) {
  const opened = ledger.openChannel({
    channelId,
    chainId: 31337,
    config: channelConfig,
    onChain: onChain(1_000n),
  })
  const accepted = ledger.acceptVoucher(opened, voucherOf(channelId, signed))
  if (!accepted.ok) throw new Error(accepted.error.reason)
  return accepted.value
}

function holding(signed: bigint, held: bigint) {
  const channel = ledger.hold(signedChannel(signed), atomic(held))
  if (!channel.ok) throw new Error(channel.error.reason)
  return channel.value
}

describe('the channel ledger', () => {
  test('a hold takes the last atom and not one more', () => {
    expect(ledger.hold(signedChannel(100n), atomic(100n)).ok).toBe(true)
    expect(ledger.hold(signedChannel(100n), atomic(101n))).toEqual({
      ok: false,
      error: { reason: 'insufficient_balance', requiredAmount: 101n, freeAmount: 100n },
    })
  })

  test('a hold of nothing is free, even of an empty channel', () => {
    expect(ledger.hold(signedChannel(0n), atomic(0n)).ok).toBe(true)
  })

  test('a charge is numbered, and frees what it did not take', () => {
    const charged = ledger.charge(holding(100n, 60n), { held: atomic(60n), actual: atomic(10n) })
    expect(charged).toMatchObject({ heldAmount: 0n, chargedCumulativeAmount: 10n, receiptSeq: 1 })
    expect(ledger.freeAmount(charged)).toBe(90n)
    const digest = bytes32(`0x${'12'.repeat(32)}`)
    expect(ledger.chainReceipt(charged, digest).receiptDigest).toBe(digest)
  })

  test('what no one may do is a bug and throws', () => {
    const channel = holding(100n, 60n)
    const bugs = [
      () => ledger.charge(channel, { held: atomic(60n), actual: atomic(61n) }),
      () => ledger.charge(channel, { held: atomic(61n), actual: atomic(1n) }),
      () => ledger.release(channel, atomic(61n)),
    ]
    for (const bug of bugs) expect(bug).toThrow(InvariantViolation)
  })

  test('transitions leave the channel that they were given as it was', () => {
    const channel = Object.freeze(holding(100n, 60n))
    ledger.charge(channel, { held: atomic(60n), actual: atomic(10n) })
    ledger.release(channel, atomic(60n))
    expect(channel).toMatchObject({ heldAmount: 60n, chargedCumulativeAmount: 0n, receiptSeq: 0 })
  })

  test('a chain that lost the money closes the channel and keeps what was promised', () => {
    const closing = ledger.observeChain(holding(900n, 60n), onChain(500n))
    expect(closing).toMatchObject({ closing: true, balance: 1_000n, signedMaxClaimable: 900n })
    expect(ledger.hold(closing, atomic(1n))).toMatchObject({ error: { reason: 'channel_closing' } })
    // What is under way ends; what comes back opens it again.
    expect(ledger.release(closing, atomic(60n)).heldAmount).toBe(0n)
    expect(ledger.observeChain(closing, onChain(1_000n)).closing).toBe(false)
  })

  test('a withdrawal closes it, however much is left', () => {
    const chain = onChain(1_000n, { withdrawFinalAtS: unixSeconds(9) })
    expect(ledger.observeChain(signedChannel(10n), chain).closing).toBe(true)
  })

  test('a claim of more than was charged is not believed', () => {
    const chain = onChain(1_000n, { totalClaimed: atomic(50n) })
    expect(ledger.observeChain(signedChannel(100n), chain).totalClaimed).toBe(0n)
  })
})
