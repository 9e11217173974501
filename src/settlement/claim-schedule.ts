import type { Channel } from '../domain/channel.ts'
import { type AtomicAmount, type Bytes32, noSignature } from '../domain/units.ts'

/** When what was charged is worth a transaction. */
export type ClaimPolicy = {
  /** Of one channel: the most that a payer who drains it could take along. */
  readonly whenUnclaimed: AtomicAmount
  /** Nothing stays unclaimed for longer, as far as this process has seen. */
  readonly everyMs: number
}

/**
 * Decides which channels are claimed now. Remembers since when each has had something to claim, and what the contract
 * refused: the same claim again would be refused again, and cost a call and a line in the log each round.
 */
export class ClaimSchedule {
  readonly #policy: ClaimPolicy
  readonly #sinceMs = new Map<Bytes32, number>()
  readonly #refusedTotals = new Map<Bytes32, AtomicAmount>()

  constructor(policy: ClaimPolicy) {
    this.#policy = policy
  }

  /** Channels with something to claim that is large, old, or about to be withdrawn by its payer. */
  choose(channels: readonly Channel[], nowMs: number): readonly Channel[] {
    const claimable = this.claimable(channels)
    this.#noteUnclaimed(claimable, nowMs)
    return claimable.filter((channel) => this.#isDue(channel, nowMs))
  }

  /** Every channel with something to claim and a voucher to claim it with. */
  claimable(channels: readonly Channel[]): readonly Channel[] {
    return channels.filter(
      (channel) =>
        channel.chargedCumulativeAmount > channel.totalClaimed &&
        channel.voucherSignature !== noSignature,
    )
  }

  noteRefused(channels: readonly Channel[]): void {
    for (const { channelId, chargedCumulativeAmount } of channels) {
      this.#refusedTotals.set(channelId, chargedCumulativeAmount)
    }
  }

  #isDue(channel: Channel, nowMs: number): boolean {
    const { channelId, chargedCumulativeAmount, totalClaimed } = channel
    if (this.#refusedTotals.get(channelId) === chargedCumulativeAmount) return false
    if (channel.closing) return true
    if (chargedCumulativeAmount - totalClaimed >= this.#policy.whenUnclaimed) return true
    return nowMs - (this.#sinceMs.get(channelId) ?? nowMs) >= this.#policy.everyMs
  }

  #noteUnclaimed(claimable: readonly Channel[], nowMs: number): void {
    const current = new Set(claimable.map((channel) => channel.channelId))
    for (const memory of [this.#sinceMs, this.#refusedTotals]) {
      for (const channelId of memory.keys()) if (!current.has(channelId)) memory.delete(channelId)
    }
    for (const channelId of current) {
      if (!this.#sinceMs.has(channelId)) this.#sinceMs.set(channelId, nowMs)
    }
  }
}
