/*
 * The agent's own hand on its money: looks now and then whether what was promised is in danger, and takes it. Everything that
 * decides comes from the book of vouchers and from a node of the contributor's choice; a gateway can make it look, at most
 * once a minute, and never makes it pay (claim-verdict.ts).
 */

import { ok, type Result } from '../base/result.ts'
import { readHead } from '../chain/blocks.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readQuantity } from '../chain/quantity.ts'
import type { Sender } from '../chain/transactions.ts'
import type { Address, AtomicAmount, Bytes32 } from '../domain/units.ts'
import { readClaimCost, readRowCost } from './claim-cost.ts'
import {
  broughtAmount,
  type ClaimPlan,
  type PayoutStanding,
  planClaim,
  readStandings,
  sendClaim,
} from './claim-payouts.ts'
import {
  type ClaimPolicy,
  type ClaimReason,
  firstWithdrawalAtS,
  isWorthItsGas,
  reasonToClaim,
} from './claim-verdict.ts'
import type { CreditBook } from './credit-book.ts'
import { claimLookMs, claimLookSoonMs } from './limits.ts'

export type ClaimWatchTerms = {
  /** The contract that holds the payout channels, and the vouchers as they are at each look. */
  readonly settlement: Address
  readonly book: () => CreditBook
  readonly rpc: JsonRpc
  readonly policy: ClaimPolicy
  /** Pays the gas; undefined where the operator account was not opened: then a person is told what to run. */
  readonly sender: Sender | undefined
  /** When the gateway was last heard of before this process began. */
  readonly gatewaySeenAtMs: number
  readonly onEvent: (event: ClaimEvent) => void
  readonly nowMs: () => number
}

/** What a person should know. Amounts are atomic units of the payout token. */
export type ClaimEvent =
  | { readonly event: 'withdrawal_pending'; readonly finalAtS: number }
  /** Nobody can send it here: `vouch contributor claim` does. */
  | { readonly event: 'claim_due'; readonly reason: ClaimReason; readonly amount: AtomicAmount }
  | {
      readonly event: 'claim_too_dear'
      readonly reason: ClaimReason
      readonly amount: AtomicAmount
      readonly feeAmount: AtomicAmount
    }
  | {
      readonly event: 'claimed'
      readonly reason: ClaimReason
      readonly amount: AtomicAmount
      readonly transactionHash: Bytes32
    }
  | { readonly event: 'claim_failed'; readonly error: string }

export class ClaimWatch {
  readonly #terms: ClaimWatchTerms
  #gatewaySeenAtMs: number
  #claimedAtMs: number | undefined
  #lookedAtMs: number | undefined
  #looking: Promise<void> | undefined
  readonly #told = new Map<ClaimEvent['event'], string>()
  #timer: NodeJS.Timeout | undefined

  constructor(terms: ClaimWatchTerms) {
    this.#terms = terms
    // A gateway that was not heard of while nobody listened has some minutes to show that it is there.
    const lateMs = terms.nowMs() - terms.policy.gatewayGoneMs + claimLookMs
    this.#gatewaySeenAtMs = Math.max(terms.gatewaySeenAtMs, lateMs)
  }

  /** Looks now, because much may have happened while no agent ran, and from then on every few minutes. */
  start(): void {
    void this.look()
    this.#timer ??= setInterval(() => void this.look(), claimLookMs)
  }

  /** What is being sent is waited for. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** The gateway's connection stood, or a job of it came, at that time. Nothing else is taken from it here. */
  gatewaySeen(atMs: number): void {
    this.#gatewaySeenAtMs = Math.max(this.#gatewaySeenAtMs, atMs)
  }

  /** A sign of a withdrawal, such as credit's: looks before its time, unless it has just looked. */
  async lookSoon(): Promise<void> {
    const lookedAtMs = this.#lookedAtMs
    if (lookedAtMs !== undefined && this.#terms.nowMs() - lookedAtMs < claimLookSoonMs) return
    await this.look()
  }

  /** One look at a time; whoever comes while one is made waits for that. */
  look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #lookNow(): Promise<void> {
    this.#lookedAtMs = this.#terms.nowMs()
    const looked = await this.#lookAndClaim()
    if (!looked.ok) {
      this.#tell({ event: 'claim_failed', error: describeChainFailure(looked.error) })
    }
  }

  async #lookAndClaim(): Promise<Result<void, ChainFailure>> {
    const { rpc, book, settlement, policy, nowMs } = this.#terms
    const head = await readHead(rpc)
    if (!head.ok) return head
    const standings = await readStandings(rpc, { settlement, book: book() })
    if (!standings.ok) return standings
    const finalAtS = firstWithdrawalAtS(standings.value)
    if (finalAtS !== undefined) this.#tell({ event: 'withdrawal_pending', finalAtS })
    const reason = reasonToClaim(policy, {
      standings: standings.value,
      gatewaySeenAtMs: this.#gatewaySeenAtMs,
      claimedAtMs: this.#claimedAtMs,
      nowS: Math.max(head.value.timestampS, nowMs() / 1000),
      nowMs: nowMs(),
    })
    return reason === undefined ? ok(undefined) : this.#claim(reason, standings.value)
  }

  async #claim(
    reason: ClaimReason,
    standings: readonly PayoutStanding[],
  ): Promise<Result<void, ChainFailure>> {
    const { rpc, settlement, policy, sender } = this.#terms
    const { coinPrice } = policy
    const rowMin = await readRowCost(rpc, coinPrice)
    if (!rowMin.ok) return rowMin
    const plan = await planClaim({ settlement }, standings, rowMin.value)
    if (plan === undefined) return ok(undefined)
    const amount = broughtAmount(plan)
    const [first] = standings
    const from = sender?.address ?? first?.voucher.config.receiver
    if (from === undefined) return ok(undefined)
    const cost = await readClaimCost(rpc, { from, call: plan.call, coinPrice })
    if (!cost.ok) return cost
    if (!isWorthItsGas(plan, cost.value)) {
      this.#tell({ event: 'claim_too_dear', reason, amount, feeAmount: cost.value.feeAmount })
      return ok(undefined)
    }
    if (sender !== undefined) return this.#send({ reason, plan, sender })
    this.#tell({ event: 'claim_due', reason, amount })
    return ok(undefined)
  }

  async #send(claim: {
    readonly reason: ClaimReason
    readonly plan: ClaimPlan
    readonly sender: Sender
  }): Promise<Result<void, ChainFailure>> {
    const { reason, plan, sender } = claim
    const waiting = await this.#hasPending(sender.address)
    // What is on its way may be this very claim, sent by a person or by a process before this one.
    if (!waiting.ok || waiting.value) return waiting.ok ? ok(undefined) : waiting
    this.#claimedAtMs = this.#terms.nowMs()
    const sent = await sendClaim(sender, plan)
    if (!sent.ok) return sent
    const { transaction } = sent.value
    if (transaction === undefined) return ok(undefined)
    const { transactionHash } = transaction
    this.#tell({ event: 'claimed', reason, amount: broughtAmount(plan), transactionHash })
    return ok(undefined)
  }

  async #hasPending(account: Address): Promise<Result<boolean, ChainFailure>> {
    const { rpc } = this.#terms
    const [mined, sent] = await Promise.all([
      readQuantity(rpc, 'eth_getTransactionCount', [account, 'latest']),
      readQuantity(rpc, 'eth_getTransactionCount', [account, 'pending']),
    ])
    if (!mined.ok) return mined
    if (!sent.ok) return sent
    return ok(sent.value > mined.value)
  }

  /** The same thing is said once, not at every look; that its gas costs a little more by now is the same thing. */
  #tell(event: ClaimEvent): void {
    const text = JSON.stringify({ ...event, feeAmount: undefined }, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    if (text === this.#told.get(event.event)) return
    this.#told.set(event.event, text)
    this.#terms.onEvent(event)
  }
}
