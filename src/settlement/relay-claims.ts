import { claimRowsMax } from '../base/limits.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { ClaimRow } from '../chain/channel-settlement.ts'
import type { Contract } from '../chain/contracts.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import { claimAndSettleCall } from '../chain/open-claims.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import { noSignature } from '../domain/units.ts'

export type RelayOutcome = {
  readonly claimed: readonly Payout[]
  readonly refused: readonly { readonly payout: Payout; readonly failure: ChainFailure }[]
  /** The chain cannot be used now; what is in neither list is tried again. */
  readonly interrupted: ChainFailure | undefined
}

/**
 * Claims all that was promised to these contributors and pays it out, for up to a hundred of them in one transaction. A row
 * that the contract refuses never blocks another: its batch is halved until it stands alone.
 */
export async function relayClaims(
  lane: { readonly settlement: Contract; readonly sender: Sender },
  payouts: readonly Payout[],
): Promise<RelayOutcome> {
  const claimed: Payout[] = []
  const refused: { payout: Payout; failure: ChainFailure }[] = []
  const pending: (readonly Payout[])[] = []
  for (let i = 0; i < payouts.length; i += claimRowsMax) {
    pending.push(payouts.slice(i, i + claimRowsMax))
  }
  for (let batch = pending.shift(); batch !== undefined; batch = pending.shift()) {
    const call = await claimAndSettleCall(lane.settlement, batch.map(promisedRow))
    const sent = await sendCall(lane.sender, call, {
      intentId: intentOf(batch),
      kind: 'payout-claim',
      channelIds: batch.map(({ payoutId }) => payoutId),
    })
    const [payout] = batch
    if (sent.ok) {
      claimed.push(...batch)
    } else if (sent.error.reason !== 'reverted') {
      return { claimed, refused, interrupted: sent.error }
    } else if (batch.length === 1 && payout !== undefined) {
      refused.push({ payout, failure: sent.error })
    } else {
      const half = batch.length >> 1
      pending.unshift(batch.slice(0, half), batch.slice(half))
    }
  }
  return { claimed, refused, interrupted: undefined }
}

/** Everything that was promised: these vouchers are exact. */
export const promisedRow = (payout: Payout): ClaimRow => ({
  channelId: payout.payoutId,
  config: payout.config,
  maxClaimableAmount: payout.promisedAmount,
  signature: payout.voucherSignature,
  totalClaimed: payout.promisedAmount,
})

/** The same amounts are claimed once, however often a crash has them decided again. */
const intentOf = (batch: readonly Payout[]): string =>
  `payout-claim:${keccak256Utf8(
    batch.map(({ payoutId, promisedAmount }) => `${payoutId}:${promisedAmount}`).join(),
  )}`

export type RelayPolicy = {
  /** Of one contributor. */
  readonly whenUnclaimed: bigint
  readonly everyMs: number
}

/** Decides whose claims are worth a transaction now. Remembers since when each has had something to claim. */
export class RelaySchedule {
  readonly #policy: RelayPolicy
  readonly #sinceMs = new Map<string, number>()
  readonly #refused = new Map<string, bigint>()

  constructor(policy: RelayPolicy) {
    this.#policy = policy
  }

  /** When one is due, everyone with something to claim goes along: a further row is cheaper than a further transaction. */
  choose(payouts: readonly Payout[], nowMs: number): readonly Payout[] {
    const claimable = this.claimable(payouts)
    for (const { payoutId, promisedAmount, totalClaimed } of payouts) {
      if (promisedAmount === totalClaimed) this.#sinceMs.delete(payoutId)
      else if (!this.#sinceMs.has(payoutId)) this.#sinceMs.set(payoutId, nowMs)
    }
    return claimable.some((payout) => this.#isDue(payout, nowMs)) ? claimable : []
  }

  claimable(payouts: readonly Payout[]): readonly Payout[] {
    return payouts.filter(
      ({ payoutId, promisedAmount, totalClaimed, voucherSignature }) =>
        promisedAmount > totalClaimed &&
        voucherSignature !== noSignature &&
        this.#refused.get(payoutId) !== promisedAmount,
    )
  }

  /** The same claim again would be refused again. */
  noteRefused({ payoutId, promisedAmount }: Payout): void {
    this.#refused.set(payoutId, promisedAmount)
  }

  #isDue({ payoutId, promisedAmount, totalClaimed }: Payout, nowMs: number): boolean {
    if (promisedAmount - totalClaimed >= this.#policy.whenUnclaimed) return true
    return nowMs - (this.#sinceMs.get(payoutId) ?? nowMs) >= this.#policy.everyMs
  }
}
