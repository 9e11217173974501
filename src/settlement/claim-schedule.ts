import type { Channel } from '../domain/channel.ts'
import { type Address, type AtomicAmount, type Bytes32, noSignature } from '../domain/units.ts'

/** When what was charged is worth a transaction. */
export type ClaimPolicy = {
  /** Of one channel: the most that a payer who drains it could take along. */
  readonly whenUnclaimed: AtomicAmount
  /** Nothing stays unclaimed for longer, as far as this process has seen. */
  readonly everyMs: number
}

/** Limits are written in one asset: what such an amount is in another token. */
export type LimitIn = (token: Address, limit: AtomicAmount) => AtomicAmount

/** Where there is one asset. */
export const asItIs: LimitIn = (_, limit) => limit

/** Decides which channels are claimed now. Remembers since when each has had something to claim. */
export class ClaimSchedule {
  readonly #policy: ClaimPolicy
  readonly #limitIn: LimitIn
  readonly #sinceMs = new Map<Bytes32, number>()

  constructor(policy: ClaimPolicy, limitIn: LimitIn = asItIs) {
    this.#policy = policy
    this.#limitIn = limitIn
  }

  /** Of these channels, all that have something to claim: those where it is large, old, or about to be withdrawn. */
  choose(channels: readonly Channel[], nowMs: number): readonly Channel[] {
    const claimable = channels.filter(isClaimable)
    this.#noteUnclaimed(claimable, nowMs)
    return claimable.filter((channel) => this.#isDue(channel, nowMs))
  }

  #isDue(channel: Channel, nowMs: number): boolean {
    const { channelId, chargedCumulativeAmount, totalClaimed } = channel
    if (channel.closing) return true
    const limit = this.#limitIn(channel.config.token, this.#policy.whenUnclaimed)
    if (chargedCumulativeAmount - totalClaimed >= limit) return true
    return nowMs - (this.#sinceMs.get(channelId) ?? nowMs) >= this.#policy.everyMs
  }

  #noteUnclaimed(claimable: readonly Channel[], nowMs: number): void {
    const current = new Set(claimable.map((channel) => channel.channelId))
    for (const channelId of this.#sinceMs.keys()) {
      if (!current.has(channelId)) this.#sinceMs.delete(channelId)
    }
    for (const channelId of current) {
      if (!this.#sinceMs.has(channelId)) this.#sinceMs.set(channelId, nowMs)
    }
  }
}

/** Something was charged that is not claimed, and there is a voucher to claim it with. */
export const isClaimable = (channel: Channel): boolean =>
  channel.chargedCumulativeAmount > channel.totalClaimed && channel.voucherSignature !== noSignature
