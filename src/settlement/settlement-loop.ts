/*
 * Turns charges into money, at its own pace. What is to be claimed follows from the ledger, what was claimed from the chain,
 * what is on its way from the outbox, so that a crash anywhere is repaired by the next round.
 */
import { settlementIntervalMs } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { err, type Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { hasBestEffort } from '../chain/channel-claims.ts'
import type { Contract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { rpcOfTwo } from '../chain/rpc-of-two.ts'
import { type Channel, settledUpFrontDelay } from '../domain/channel.ts'
import { type AtomicAmount, atomic, type Bytes32 } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import type { ClaimLane } from './claim-lane.ts'
import {
  asItIs,
  type ClaimPolicy,
  ClaimSchedule,
  isClaimable,
  type LimitIn,
} from './claim-schedule.ts'
import { claimVouchers } from './claim-vouchers.ts'
import { type Observer, observeChannels } from './observe-channels.ts'
import type { Outbox } from './outbox.ts'
import { Quarantine } from './quarantine.ts'
import { begunRefunds, type Refund, type RefundRefusal, requestRefund } from './refund-channel.ts'
import { accountsOf, type SettlePolicy, settleClaims } from './settle-claims.ts'
import { startWithdrawalWatch } from './withdrawal-watch.ts'

export type SettlementPolicy = {
  readonly claim: ClaimPolicy
  readonly settle: SettlePolicy
  /** Two nodes may differ by this much of a channel before it is frozen. */
  readonly disagreementMax: AtomicAmount
}

export type SettlementTerms = {
  readonly chainId: number
  readonly settlement: Contract
  readonly rpc: JsonRpc
  /** Another node of the same chain: what one hides the other shows. */
  readonly secondRpc: JsonRpc | undefined
  /** Blocks that must have a deposit before it counts. */
  readonly confirmations: number
  readonly outbox: Pick<Outbox, 'sender' | 'pendingChannels'>
  /** For a sender that is neither receiver nor receiverAuthorizer of the channels. */
  readonly authorizer?: ClaimLane['authorizer']
  readonly notes: Pick<OutboxStore, 'note' | 'setNote' | 'notes'>
  readonly ledger: Pick<LedgerStore, 'channel' | 'channels' | 'observeChain' | 'setFrozen'>
  readonly policy: SettlementPolicy
  /** What the policy's limits are in each token; absent where there is one asset. */
  readonly limitIn?: LimitIn | undefined
  readonly log: GatewayLog
  readonly nowMs: () => number
}

export type SettlementLoop = {
  /** Claims and settles everything that was charged so far, whatever the policy says. Never rejects. */
  readonly claimNow: () => Promise<void>
  /** Gives the payer back what was not charged. Rejects with StoreFailure. */
  readonly refund: (channelId: Bytes32) => Promise<Result<Refund, RefundRefusal>>
  /** Looks at the chain's new blocks now. Never rejects. */
  readonly watchNow: () => Promise<void>
  /** Starts no further round and waits for the one that runs. Claims nothing by itself. */
  readonly stop: () => Promise<void>
}

export function startSettlementLoop(terms: SettlementTerms): SettlementLoop {
  const rounds = new SettlementRounds(terms)
  let lane: Promise<unknown> = Promise.resolve()
  let queued = 0

  // One after the other: two rounds at once would claim the same rows, and a refund needs the claims before it.
  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    queued += 1
    const done = lane.then(work).finally(() => {
      queued -= 1
    })
    lane = done.catch(() => undefined)
    return done
  }
  const timer = setInterval(() => {
    // A round that takes longer than the interval is not followed by a crowd.
    if (queued === 0) void enqueue(() => rounds.run(false))
  }, settlementIntervalMs)
  timer.unref()
  const watch = startWithdrawalWatch({
    ...rounds.observer,
    chainId: terms.chainId,
    onClosing: () => void enqueue(() => rounds.run(false)),
  })
  return {
    claimNow: () => enqueue(() => rounds.run(true)),
    refund: (channelId) => enqueue(() => rounds.refund(channelId)),
    watchNow: watch.lookNow,
    stop: async () => {
      clearInterval(timer)
      await watch.stop()
      await lane
    },
  }
}

class SettlementRounds {
  readonly observer: Observer
  readonly #terms: SettlementTerms
  readonly #schedule: ClaimSchedule
  readonly #limitIn: LimitIn
  #quarantine: Quarantine | undefined
  #bestEffort: boolean | undefined

  constructor(terms: SettlementTerms) {
    this.#terms = terms
    this.#limitIn = terms.limitIn ?? asItIs
    this.#schedule = new ClaimSchedule(terms.policy.claim, this.#limitIn)
    this.observer = {
      ...terms,
      disagreementMax: (token) => this.#limitIn(token, terms.policy.disagreementMax),
      wentBack: new Map(),
      refunding: async () =>
        new Set([
          ...(await terms.outbox.pendingChannels('refund')),
          ...(await begunRefunds(terms.notes)),
        ]),
    }
  }

  /** One look at the ledger and the chain. Whatever fails is logged and tried again by a later round. */
  async run(everything: boolean): Promise<void> {
    const { log, notes } = this.#terms
    try {
      this.#quarantine ??= await Quarantine.open(notes)
      await observeChannels(this.observer, (await this.#channels()).filter(isExposed))
      const lane = await this.#lane()
      if (!lane.ok) return logFailure(log, 'chain_not_read', lane.error)
      const isAnswered = await this.#claim(lane.value, this.#quarantine, everything)
      // A payout is worth most after its claims; while the chain does not answer, neither would it.
      if (isAnswered) await this.#settle(lane.value, everything)
      for (const channelId of await this.#begunRefunds()) {
        await this.#refund(lane.value, channelId)
      }
    } catch (error) {
      // The store failed: it says so itself and takes the gateway out of service. The loop only must not die of it.
      log.error('settlement_round_failed', {
        error: error instanceof Error ? error.name : 'unknown',
      })
    }
  }

  /** Of this chain; the notes of all chains lie together. */
  async #begunRefunds(): Promise<readonly Bytes32[]> {
    const { chainId, ledger, notes } = this.#terms
    const here: Bytes32[] = []
    for (const channelId of await begunRefunds(notes)) {
      if ((await ledger.channel(channelId))?.chainId === chainId) here.push(channelId)
    }
    return here
  }

  async refund(channelId: Bytes32): Promise<Result<Refund, RefundRefusal>> {
    const lane = await this.#lane()
    if (!lane.ok) return err({ reason: 'chain_not_read', failure: lane.error })
    return this.#refund(lane.value, channelId)
  }

  async #refund(lane: ClaimLane, channelId: Bytes32): Promise<Result<Refund, RefundRefusal>> {
    const { log } = this.#terms
    const refund = await requestRefund({ ...this.#terms, ...lane }, channelId)
    if (refund.ok) {
      const amountAtomic = String(refund.value.amount)
      log.info('channel_refunded', { channelId, amountAtomic })
    } else {
      log.info('refund_refused', { channelId, reason: refund.error.reason })
    }
    return refund
  }

  /** False when the chain did not say what became of it. */
  async #claim(lane: ClaimLane, quarantine: Quarantine, everything: boolean): Promise<boolean> {
    const { log, nowMs, outbox } = this.#terms
    const channels = (await this.#channels()).map((channel) => this.#asOnChain(channel))
    const due = this.#schedule.choose(channels, nowMs())
    const pending = await outbox.pendingChannels('claim')
    const wanted = (everything ? channels.filter(isClaimable) : due).filter(
      // What is on its way is not sent again beside itself; whoever asks for everything asks for the refused, too.
      (channel) =>
        !pending.has(channel.channelId) && (everything || !quarantine.holds(channel, nowMs())),
    )
    if (wanted.length === 0) return true
    const outcome = await claimVouchers(lane, wanted)
    const { claimed, refused, interrupted } = outcome
    await observeChannels(this.observer, claimed)
    if (claimed.length > 0) log.info('vouchers_claimed', { channels: claimed.length })
    for (const { channelId } of claimed) await quarantine.release(channelId)
    for (const { channel, reason } of refused) {
      log.error('claim_refused', { channelId: channel.channelId, detail: reason })
      await quarantine.add(channel, reason, nowMs())
    }
    if (interrupted !== undefined) logFailure(log, 'claim_failed', interrupted)
    return interrupted === undefined
  }

  async #settle(lane: ClaimLane, everything: boolean): Promise<void> {
    const { log, policy } = this.#terms
    for (const account of accountsOf(await this.#channels())) {
      const settler = { ...this.#terms, ...lane }
      const whenClaimed = this.#limitIn(account.token, policy.settle.whenClaimed)
      const due = everything ? undefined : { ...policy.settle, whenClaimed }
      const settled = await settleClaims(settler, account, due)
      if (!settled.ok) logFailure(log, 'settle_failed', settled.error)
      else if (settled.value > 0n) {
        log.info('claims_settled', { ...account, amountAtomic: String(settled.value) })
      }
    }
  }

  async #lane(): Promise<Result<ClaimLane, ChainFailure>> {
    const { settlement, outbox, authorizer } = this.#terms
    const rpc = rpcOfTwo(this.#terms.rpc, this.#terms.secondRpc)
    if (this.#bestEffort === undefined) {
      const probed = await hasBestEffort(rpc, settlement)
      if (!probed.ok) return probed
      this.#bestEffort = probed.value
    }
    const { sender } = outbox
    const bestEffort = this.#bestEffort
    return { ok: true, value: { rpc, settlement, sender, authorizer, bestEffort } }
  }

  async #channels(): Promise<readonly Channel[]> {
    const { chainId, ledger } = this.#terms
    // What was settled up front is no channel on the chain: nothing to observe there, and nothing to claim.
    return (await ledger.channels()).filter(
      (channel) =>
        channel.chainId === chainId && channel.config.withdrawDelay !== settledUpFrontDelay,
    )
  }

  /** With what the chain has of its claims, where that is less than it had. */
  #asOnChain(channel: Channel): Channel {
    const onChain = this.observer.wentBack.get(channel.channelId)
    return onChain === undefined ? channel : { ...channel, totalClaimed: atomic(onChain) }
  }
}

/** Where the payer could still take along what is owed: only there does the chain's view matter each round. */
const isExposed = (channel: Channel): boolean =>
  channel.heldAmount > 0n ||
  channel.chargedCumulativeAmount > channel.totalClaimed ||
  channel.withdrawFinalAtS !== undefined ||
  channel.frozen

const logFailure = (log: GatewayLog, event: string, failure: ChainFailure): void =>
  log.error(event, { detail: describeChainFailure(failure) })
