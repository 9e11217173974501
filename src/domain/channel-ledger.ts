/*
 * Channel ledger: the off-chain half of a payment channel, as pure transitions. Whoever stores channels (store/) applies
 * them; nothing else changes an amount.
 *
 * Invariants (asserted after every transition; ChannelSettlement's Solidity invariants carry the same numbers):
 *   (1) totalClaimed <= chargedCumulativeAmount
 *   (2) chargedCumulativeAmount + heldAmount <= signedMaxClaimable
 *   (3) signedMaxClaimable <= balance
 *   (4) chargedCumulativeAmount, signedMaxClaimable and totalClaimed never decrease
 *   (5) a closing or frozen channel takes no new hold
 *   (6) announcedAmount <= signedMaxClaimable, and never decreases
 *
 *   OPEN --hold--> HELD --charge---> OPEN        (actual <= held; the rest of the hold is released)
 *                  HELD --hold-----> HELD        (a long answer extends what is held for it)
 *                  HELD --release--> OPEN        (nothing was delivered)
 *   OPEN --acceptVoucher--> OPEN                 (the tranche grows)
 *   OPEN --observeChain--> OPEN | CLOSING        (balance, claims and withdrawals as the chain has them)
 *   OPEN --freeze--> FROZEN --thaw--> OPEN       (the chain contradicts itself; nothing new until it does not)
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Channel, ChannelConfig, ChannelOnChain, Voucher } from './channel.ts'
import type { HoldRefusal, VoucherRefusal } from './refusal.ts'
import { type AtomicAmount, atomic, type Bytes32, noSignature, zeroBytes32 } from './units.ts'

/** A channel as it is before anything was signed or charged off chain. */
export function openChannel(terms: {
  readonly channelId: Bytes32
  readonly chainId: number
  readonly config: ChannelConfig
  readonly onChain: ChannelOnChain
}): Channel {
  const { channelId, chainId, config, onChain } = terms
  return {
    channelId,
    chainId,
    config,
    balance: onChain.balance,
    // What was claimed before this book existed was charged then: the book starts level with the chain.
    totalClaimed: onChain.totalClaimed,
    chargedCumulativeAmount: onChain.totalClaimed,
    signedMaxClaimable: onChain.totalClaimed,
    voucherSignature: noSignature,
    heldAmount: atomic(0n),
    announcedAmount: onChain.totalClaimed,
    closing: onChain.withdrawFinalAtS !== undefined,
    withdrawFinalAtS: onChain.withdrawFinalAtS,
    frozen: false,
    receiptSeq: 0,
    receiptDigest: zeroBytes32,
  }
}

/** Amount that a new hold may still take. */
export const freeAmount = (channel: Channel): AtomicAmount =>
  atomic(channel.signedMaxClaimable - channel.chargedCumulativeAmount - channel.heldAmount)

/**
 * Reserves the worst case of one request, or what a long answer needs beyond its hold. Refused, never partial, when the
 * tranche does not cover it.
 */
export function hold(
  channel: Channel,
  worstCaseAmount: AtomicAmount,
): Result<Channel, HoldRefusal> {
  if (channel.closing) return err({ reason: 'channel_closing' })
  if (channel.frozen) return err({ reason: 'channel_frozen' })
  const free = freeAmount(channel)
  if (worstCaseAmount > free) {
    return err({
      reason: 'insufficient_balance',
      requiredAmount: worstCaseAmount,
      freeAmount: free,
    })
  }
  return ok(checked(channel, { heldAmount: atomic(channel.heldAmount + worstCaseAmount) }))
}

/**
 * Tells an x402 client the most that it may have been charged once everything held now is answered. The next answers use
 * up what earlier ones were told and did not cost, because the sum starts from the charges and not from the last telling.
 */
export function announce(channel: Channel): Channel {
  const ceiling = atomic(channel.chargedCumulativeAmount + channel.heldAmount)
  return ceiling <= channel.announcedAmount
    ? channel
    : checked(channel, { announcedAmount: ceiling })
}

/** Turns a hold into a charge of the exact amount and numbers the receipt that goes with it. */
export function charge(
  channel: Channel,
  amounts: { readonly held: AtomicAmount; readonly actual: AtomicAmount },
): Channel {
  assert(amounts.actual <= amounts.held, 'a charge never exceeds its hold')
  return checked(channel, {
    heldAmount: atomic(channel.heldAmount - amounts.held),
    chargedCumulativeAmount: atomic(channel.chargedCumulativeAmount + amounts.actual),
    receiptSeq: channel.receiptSeq + 1,
  })
}

/** Gives a hold back whole: nothing was delivered. */
export const release = (channel: Channel, heldAmount: AtomicAmount): Channel =>
  checked(channel, { heldAmount: atomic(channel.heldAmount - heldAmount) })

/** Remembers the digest of the newest receipt, to which the next one on this channel points back. */
export const chainReceipt = (channel: Channel, receiptDigest: Bytes32): Channel =>
  checked(channel, { receiptDigest })

/** Takes a higher voucher whose signature was verified. The same or a lower one changes nothing: it is superseded. */
export function acceptVoucher(channel: Channel, voucher: Voucher): Result<Channel, VoucherRefusal> {
  if (voucher.channelId !== channel.channelId) return err({ reason: 'voucher_channel_mismatch' })
  if (channel.closing) return err({ reason: 'channel_closing' })
  if (voucher.maxClaimableAmount > channel.balance) {
    return err({ reason: 'voucher_above_balance', balance: channel.balance })
  }
  if (voucher.maxClaimableAmount <= channel.signedMaxClaimable) return ok(channel)
  return ok(
    checked(channel, {
      signedMaxClaimable: voucher.maxClaimableAmount,
      voucherSignature: voucher.signature,
    }),
  )
}

/**
 * Takes what the chain says. A chain that lost money we have vouchers for (a withdrawal went through, or a reorg) closes
 * the channel instead of breaking (3): what was signed can no longer be claimed in full.
 */
export function observeChain(channel: Channel, onChain: ChannelOnChain): Channel {
  const totalClaimed =
    onChain.totalClaimed > channel.totalClaimed ? onChain.totalClaimed : channel.totalClaimed
  const covered = onChain.balance >= channel.signedMaxClaimable
  return checked(channel, {
    balance: covered ? onChain.balance : channel.balance,
    totalClaimed:
      totalClaimed > channel.chargedCumulativeAmount ? channel.totalClaimed : totalClaimed,
    closing: onChain.withdrawFinalAtS !== undefined || !covered,
    withdrawFinalAtS: onChain.withdrawFinalAtS,
  })
}

/** Takes no new hold from now on: what the chain says of the deposit is in doubt. What is held may still be charged. */
export const freeze = (channel: Channel): Channel => checked(channel, { frozen: true })

/** The doubt is gone. */
export const thaw = (channel: Channel): Channel => checked(channel, { frozen: false })

function checked(before: Channel, change: Partial<Channel>): Channel {
  const after = { ...before, ...change }
  assert(after.heldAmount >= 0n, 'a held amount is never negative')
  assert(after.totalClaimed <= after.chargedCumulativeAmount, '(1) claimed <= charged')
  assert(
    after.chargedCumulativeAmount + after.heldAmount <= after.signedMaxClaimable,
    '(2) charged + held <= signed',
  )
  assert(after.signedMaxClaimable <= after.balance, '(3) signed <= balance')
  assert(
    after.announcedAmount <= after.signedMaxClaimable &&
      after.announcedAmount >= before.announcedAmount,
    '(6) announced <= signed, never decreasing',
  )
  assert(
    after.chargedCumulativeAmount >= before.chargedCumulativeAmount &&
      after.signedMaxClaimable >= before.signedMaxClaimable &&
      after.totalClaimed >= before.totalClaimed,
    '(4) charged, signed and claimed never decrease',
  )
  return after
}
