/*
 * Pays contributors, at its own pace. Two clocks: every few seconds what was earned becomes one voucher for each; less often
 * the chain is looked at, escrows are filled and claims relayed. Nothing that matters is kept here: what is owed stands in
 * the ledger, what was paid on the chain, what was promised in both or in the contributor's hands.
 */
import {
  payoutLookIntervalMs,
  payoutUnpromisedAnswersMax,
  payoutVoucherIntervalMs,
} from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { ok, type Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { readChannel } from '../chain/channel-settlement.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { Sender } from '../chain/transactions.ts'
import { type EscrowPolicy, escrowLeft, isFloatLow } from '../domain/payout-escrow.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import type { ShownVoucher } from '../domain/payout-voucher.ts'
import { type Address, type AtomicAmount, atomic, unixSecondsOf } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { PayeeAccounts } from './payee-accounts.ts'
import { BookedPayoutDesk, type PayoutDesk } from './payout-desk.ts'
import { promiseEarnings, recoverShown, type ShownRefusal } from './payout-promises.ts'
import type { Payee, PayoutTerms } from './payout-terms.ts'
import { duePayouts, readTokenBalance, type Treasury, topUp } from './payout-treasury.ts'
import { type RelayPolicy, RelaySchedule, relayClaims } from './relay-claims.ts'

export type PayingTerms = {
  readonly rpc: JsonRpc
  /** Of the chain with the registry, where that is another one. */
  readonly registryRpc?: JsonRpc | undefined
  readonly terms: PayoutTerms
  readonly ledger: LedgerStore
  /** Everyone who signs its work, paid here or not; lenders of keys come and go (`setLenders`). */
  readonly payees: readonly Payee[]
  readonly treasury: Treasury | undefined
  readonly escrow: EscrowPolicy
  readonly relay: RelayPolicy
  /** Sends the relayed claims. */
  readonly sender: Sender
  readonly log: GatewayLog
  readonly nowMs: () => number
}

export type PayContributors = {
  readonly desk: PayoutDesk
  /** Whether the contributor has its channel here now. */
  readonly pays: (contributorId: string) => boolean
  /**
   * Exactly these are paid beside `payees` from now on; what others earned stays theirs. Resolves when their channels are
   * known, so that no answer goes unpaid; where the chain does not say, it is to be asked again.
   */
  readonly setLenders: (lenders: readonly Payee[]) => Promise<Result<void, ChainFailure>>
  /** A contributor's own book; undefined where it is not paid here. */
  readonly payoutOf: (contributor: Address) => Promise<Payout | undefined>
  readonly show: (voucher: ShownVoucher) => Promise<Payout | ShownRefusal>
  /** Signs what was earned so far. */
  readonly promiseNow: () => Promise<void>
  /** Looks at the chain and fills escrows; relays every claim, whatever the policy says. */
  readonly relayNow: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Finds every contributor's channel before it resolves, so that no answer goes unpaid. */
export async function startPayingContributors(
  paying: PayingTerms,
): Promise<Result<PayContributors, ChainFailure>> {
  const payer = new Payer(paying)
  const looked = await payer.lookAtAccounts()
  if (!looked.ok) return looked
  return ok(payer.start())
}

class Payer {
  readonly #paying: PayingTerms
  readonly #desk: BookedPayoutDesk
  readonly #schedule: RelaySchedule
  readonly #startedAtMs: number
  readonly #accounts: PayeeAccounts
  /** Changes of the book that follow from its state, one after the other. */
  #book: Promise<unknown> = Promise.resolve()
  #round: Promise<void> = Promise.resolve()
  #promising = false

  constructor(paying: PayingTerms) {
    this.#paying = paying
    this.#schedule = new RelaySchedule(paying.relay)
    this.#startedAtMs = paying.nowMs()
    this.#desk = new BookedPayoutDesk({
      earningOf: paying.terms.earningOf,
      shareOf: paying.terms.shareOf,
      earningsBetweenVouchers: payoutUnpromisedAnswersMax,
      lostVoucher: (voucher) => this.#logged(() => this.#show(voucher)),
      vouchersWanted: () => void this.#promiseUnlessBusy(),
    })
    this.#accounts = new PayeeAccounts(paying, this.#desk, (change) => this.#inBook(change))
  }

  start(): PayContributors {
    const vouchers = setInterval(() => void this.#promiseUnlessBusy(), payoutVoucherIntervalMs)
    let looking = false
    const looks = setInterval(() => {
      if (looking) return
      looking = true
      void this.#enqueueRound(false).finally(() => {
        looking = false
      })
    }, payoutLookIntervalMs)
    vouchers.unref()
    looks.unref()
    // The first deposits need not wait for the first interval.
    void this.#enqueueRound(false)
    return {
      desk: this.#desk,
      pays: (contributorId) => this.#desk.has(contributorId),
      setLenders: (lenders) => this.#setLenders(lenders),
      payoutOf: (contributor) => this.#payoutOf(contributor),
      show: (voucher) => this.#show(voucher),
      promiseNow: () => this.#promise(),
      relayNow: () => this.#enqueueRound(true),
      stop: async () => {
        clearInterval(vouchers)
        clearInterval(looks)
        await this.#round
        await this.#book
      },
    }
  }

  lookAtAccounts(): Promise<Result<void, ChainFailure>> {
    return this.#accounts.look()
  }

  async #setLenders(lenders: readonly Payee[]): Promise<Result<void, ChainFailure>> {
    const looked = await this.#accounts.setLenders(lenders)
    // An escrow that is empty pays for no answer.
    if (looked.ok && looked.value > 0) void this.#enqueueRound(false)
    return looked.ok ? ok(undefined) : looked
  }

  async #payoutOf(contributor: Address): Promise<Payout | undefined> {
    const payee = this.#accounts.payees.find(({ operator }) => operator === contributor)
    const account = this.#desk
      .current()
      .find(({ contributorId }) => contributorId === payee?.contributorId)
    return account && this.#paying.ledger.payout(account.payoutId)
  }

  async #show(voucher: ShownVoucher): Promise<Payout | ShownRefusal> {
    const shown = await this.#inBook(() => recoverShown(this.#paying, voucher))
    if (typeof shown === 'string') {
      this.#paying.log.error('shown_voucher_refused', {
        channelId: voucher.channelId,
        reason: shown,
      })
    } else {
      this.#desk.update(shown)
    }
    return shown
  }

  #promiseUnlessBusy(): void {
    if (this.#promising) return
    this.#promising = true
    void this.#logged(() => this.#promise()).finally(() => {
      this.#promising = false
    })
  }

  async #promise(): Promise<void> {
    const promised = await this.#inBook(() => promiseEarnings(this.#paying))
    for (const payout of promised) this.#desk.update(payout)
  }

  #enqueueRound(everything: boolean): Promise<void> {
    this.#round = this.#round.then(() => this.#logged(() => this.#lookAtChain(everything)))
    return this.#round
  }

  async #lookAtChain(everything: boolean): Promise<void> {
    const looked = await this.lookAtAccounts()
    if (!looked.ok) return this.#logFailure('payouts_not_read', looked.error)
    await this.#fillEscrows()
    if (everything) await this.#promise()
    await this.#relay(everything)
  }

  async #fillEscrows(): Promise<void> {
    const { rpc, terms, ledger, treasury, escrow, log, nowMs } = this.#paying
    const holding = { token: terms.token, account: terms.treasury }
    const balance = await readTokenBalance(rpc, holding)
    if (!balance.ok) return this.#logFailure('treasury_not_read', balance.error)
    const current = new Set(this.#desk.current().map(({ payoutId }) => payoutId))
    const payouts = (await ledger.payouts()).filter(({ payoutId }) => current.has(payoutId))
    const inEscrow = payouts.reduce((sum, payout) => sum + escrowLeft(payout), 0n)
    const money = { treasury: balance.value, inEscrow: atomic(inEscrow) }
    const facts = {
      treasuryAtomic: String(money.treasury),
      inEscrowAtomic: String(money.inEscrow),
      contributors: payouts.length,
    }
    if (isFloatLow(money)) log.error('treasury_low', facts)
    else log.info('treasury', facts)
    let available: bigint = balance.value
    for (const due of duePayouts(payouts, escrow, (payout) => this.#earnedPerDay(payout))) {
      if (treasury === undefined || available === 0n) {
        const { payoutId } = due.payout
        log.error('escrow_due', { payoutId, amountAtomic: String(due.amount) })
        continue
      }
      const nowS = unixSecondsOf(nowMs())
      const deposited = await topUp(treasury, { ...due, available: atomic(available), nowS })
      if (!deposited.ok) return this.#logFailure('payout_deposit_failed', deposited.error)
      available -= deposited.value
      await this.#observe(due.payout)
    }
  }

  async #relay(everything: boolean): Promise<void> {
    const { terms, ledger, sender, log, nowMs } = this.#paying
    const payouts = (await ledger.payouts()).filter(
      ({ chainId, config }) => chainId === terms.chainId && config.token === terms.token,
    )
    const due = this.#schedule.choose(payouts, nowMs())
    const chosen = everything ? this.#schedule.claimable(payouts) : due
    if (chosen.length === 0) return
    const lane = { settlement: terms.settlement, sender }
    const { claimed, refused, interrupted } = await relayClaims(lane, chosen)
    for (const payout of claimed) await this.#observe(payout)
    if (claimed.length > 0) log.info('payouts_relayed', { contributors: claimed.length })
    for (const { payout, failure } of refused) {
      this.#schedule.noteRefused(payout)
      const detail = describeChainFailure(failure)
      log.error('payout_claim_refused', { payoutId: payout.payoutId, detail })
    }
    if (interrupted !== undefined) this.#logFailure('payout_relay_failed', interrupted)
  }

  async #observe(payout: Payout): Promise<void> {
    const { rpc, terms, ledger } = this.#paying
    const { payoutId, config } = payout
    const onChain = await readChannel(rpc, terms.settlement, { channelId: payoutId, config })
    if (!onChain.ok) return this.#logFailure('payouts_not_read', onChain.error)
    this.#desk.update(await this.#inBook(() => ledger.observePayout(payoutId, onChain.value)))
  }

  /** As this process has seen it, and as if it had run for an hour at least: the first minutes say little of a day. */
  #earnedPerDay({ payoutId, earnedAmount }: Payout): AtomicAmount {
    const earned = earnedAmount - (this.#accounts.earnedBefore(payoutId) ?? earnedAmount)
    const ranMs = Math.max(this.#paying.nowMs() - this.#startedAtMs, hourMs)
    return atomic((earned * BigInt(dayMs)) / BigInt(Math.ceil(ranMs)))
  }

  /** One after the other, or a signature could be made for a book that has changed meanwhile. */
  #inBook<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#book.then(change)
    this.#book = changed.catch(() => undefined)
    return changed
  }

  /** A store that failed says so itself and takes the gateway out of service; payouts only must not die of it. */
  async #logged(act: () => Promise<unknown>): Promise<void> {
    try {
      await act()
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown'
      this.#paying.log.error('payouts_failed', { error: name })
    }
  }

  #logFailure(event: string, failure: ChainFailure): void {
    this.#paying.log.error(event, { detail: describeChainFailure(failure) })
  }
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
