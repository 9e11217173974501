/*
 * Payouts as the conductor sees them, request by request: it asks here before it dispatches, and never waits. Amounts are
 * as of the last look at the ledger plus what was earned since, so that with several gateways over one ledger the solvency
 * rule is late by one look; what is owed is exact, because the ledger adds it up with each charge.
 */
import { assert } from '../base/assert.ts'
import type { Share } from '../domain/contributor-share.ts'
import type { AssetAtRate } from '../domain/exchange.ts'
import type { Earning } from '../domain/hold.ts'
import { canPay } from '../domain/payout-escrow.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import { decodeShownVoucher, encodeVoucher, type ShownVoucher } from '../domain/payout-voucher.ts'
import { type AtomicAmount, atomic, type Bytes32, noSignature } from '../domain/units.ts'
import type { PayoutTerms } from './payout-terms.ts'

export type PayoutDesk = {
  /**
   * What the contributor earns of an answer that cost so much; undefined where it is not paid by channel. With `of` at the
   * rates of its reservation, without it in the one asset that there is.
   */
  readonly earning: (
    contributorId: string,
    cost: AtomicAmount,
    of?: { readonly requestId: string; readonly income: AssetAtRate | undefined },
  ) => Earning | undefined
  /**
   * Sets the contributor's share of a worst case aside, until `release`, and keeps the rates of now for what it will earn.
   * What was set aside for the same request before is free again, unless its contributor works on `beside` this one. False
   * when its escrow does not cover it, or no rate is known at which it could be paid.
   */
  readonly reserve: (request: {
    readonly requestId: string
    readonly contributorId: string
    readonly worstCase: AtomicAmount
    /** What the payer is charged in; undefined where there is one asset. */
    readonly income?: AssetAtRate | undefined
    readonly beside?: boolean
  }) => boolean
  /** The request has ended, or of several contributors this one is not wanted any more. */
  readonly release: (requestId: string, contributorId?: string) => void
  /** The voucher that goes with the next dispatch; undefined while the contributor shows that it has the newest. */
  readonly voucherFor: (contributorId: string) => string | undefined
  /** Takes what the contributor showed with an answer or a refusal. */
  readonly shown: (contributorId: string, voucher: string) => void
  /**
   * Pending while a voucher that we had forgotten is taken back into the book. What the answer earned that it came with is
   * charged afterwards: it is new, and would otherwise be taken for a part of what the voucher promised.
   */
  readonly recovering: (contributorId: string) => Promise<void> | undefined
  /** The contributor works no more on credit: it gets a voucher as soon as one can be signed. */
  readonly exhausted: (contributorId: string) => void
}

/** Of a gateway that pays nobody by channel. */
export const noPayouts: PayoutDesk = {
  earning: () => undefined,
  reserve: () => true,
  release: () => {},
  voucherFor: () => undefined,
  shown: () => {},
  recovering: () => undefined,
  exhausted: () => {},
}

type Sharing = (cost: AtomicAmount) => Share

/** What is set aside for one contributor's work on one request. */
type Reserved = {
  readonly contributorId: string
  readonly account: Account
  readonly share: AtomicAmount
  readonly sharing: Sharing
}

/** One contributor's channel, as the desk has it in mind. */
type Account = {
  payout: Payout
  /** Earned since `payout` was looked at. */
  earnedSince: bigint
  inFlight: bigint
  /** The header for `payout.promisedAmount`. */
  voucher: string | undefined
  /** The highest promise that the contributor showed. */
  shownAmount: bigint
  /** Its last words: the same again say nothing new. */
  shownText: string
  recovering: Promise<void> | undefined
}

export class BookedPayoutDesk implements PayoutDesk {
  readonly #terms: Pick<PayoutTerms, 'earningOf' | 'shareOf'>
  readonly #told: {
    readonly lostVoucher: (voucher: ShownVoucher) => Promise<void>
    readonly vouchersWanted: () => void
  }
  readonly #accounts = new Map<string, Account>()
  /** By request: one, but for the moment in which two race. */
  readonly #reserved = new Map<string, readonly Reserved[]>()
  readonly #earningsBetweenVouchers: number
  #earnings = 0

  constructor(terms: {
    readonly earningOf: PayoutTerms['earningOf']
    readonly shareOf?: PayoutTerms['shareOf']
    /** Takes back a voucher higher than any that we remember. Its signature is not judged yet. Never rejects. */
    readonly lostVoucher: (voucher: ShownVoucher) => Promise<void>
    /** Signed vouchers should not wait for their time. */
    readonly vouchersWanted: () => void
    /** After so many earnings vouchers are wanted at once. */
    readonly earningsBetweenVouchers: number
  }) {
    this.#terms = terms
    this.#told = terms
    this.#earningsBetweenVouchers = terms.earningsBetweenVouchers
  }

  /** The channel on which the contributor is paid from now on, as the ledger has it. */
  open(contributorId: string, payout: Payout): void {
    const known = this.#accounts.get(contributorId)
    if (known?.payout.payoutId === payout.payoutId) {
      this.#see(known, payout)
      return
    }
    // Keys of one lender that are paid on one channel draw on one escrow.
    const shared = [...this.#accounts.values()].find(
      (one) => one.payout.payoutId === payout.payoutId,
    )
    if (shared !== undefined) {
      this.#see(shared, payout)
      this.#accounts.set(contributorId, shared)
      return
    }
    this.#accounts.set(contributorId, {
      payout,
      earnedSince: 0n,
      inFlight: 0n,
      voucher: voucherText(payout),
      shownAmount: 0n,
      shownText: '',
      recovering: undefined,
    })
  }

  /** The contributor is not paid here any more, or not yet. */
  close(contributorId: string): void {
    this.#accounts.delete(contributorId)
  }

  /** Takes what the ledger has now. */
  update(payout: Payout): void {
    for (const account of this.#accounts.values()) {
      if (account.payout.payoutId === payout.payoutId) this.#see(account, payout)
    }
  }

  has(contributorId: string): boolean {
    return this.#accounts.has(contributorId)
  }

  current(): readonly { readonly contributorId: string; readonly payoutId: Bytes32 }[] {
    return [...this.#accounts].map(([contributorId, { payout }]) => ({
      contributorId,
      payoutId: payout.payoutId,
    }))
  }

  earning(...[contributorId, cost, of]: Parameters<PayoutDesk['earning']>): Earning | undefined {
    // Who moved to another channel meanwhile is paid on the one that the work was promised on.
    const reserved =
      of && this.#reserved.get(of.requestId)?.find((one) => one.contributorId === contributorId)
    const account = reserved?.account ?? this.#accounts.get(contributorId)
    if (account === undefined) return undefined
    const sharing = reserved?.sharing ?? this.#sharing(of?.income)
    assert(sharing !== undefined, 'work in an asset without a rate is not given out')
    const { amount, microUsd } = sharing(cost)
    if (amount === 0n) return undefined
    account.earnedSince += amount
    this.#earnings += 1
    if (this.#earnings >= this.#earningsBetweenVouchers) this.#wantVouchers()
    return { payoutId: account.payout.payoutId, amount, microUsd }
  }

  reserve(...[request]: Parameters<PayoutDesk['reserve']>): boolean {
    const { requestId, contributorId } = request
    if (request.beside !== true) this.release(requestId)
    const account = this.#accounts.get(contributorId)
    if (account === undefined) return true
    const sharing = this.#sharing(request.income)
    if (sharing === undefined) return false
    const share = sharing(request.worstCase).amount
    const inFlight = atomic(account.inFlight + account.earnedSince)
    if (!canPay(account.payout, { inFlight, share })) return false
    account.inFlight += share
    const others = this.#reserved.get(requestId) ?? []
    this.#reserved.set(requestId, [...others, { contributorId, account, share, sharing }])
    return true
  }

  #sharing(income: AssetAtRate | undefined): Sharing | undefined {
    const { earningOf, shareOf } = this.#terms
    if (income !== undefined && shareOf !== undefined) return shareOf(income)
    return (cost) => ({ amount: earningOf(cost), microUsd: undefined })
  }

  release(requestId: string, contributorId?: string): void {
    const reserved = this.#reserved.get(requestId)
    if (reserved === undefined) return
    const isOver = (one: Reserved) =>
      contributorId === undefined || one.contributorId === contributorId
    for (const one of reserved) if (isOver(one)) one.account.inFlight -= one.share
    const left = reserved.filter((one) => !isOver(one))
    if (left.length === 0) this.#reserved.delete(requestId)
    else this.#reserved.set(requestId, left)
  }

  voucherFor(contributorId: string): string | undefined {
    const account = this.#accounts.get(contributorId)
    if (account === undefined || account.shownAmount >= account.payout.promisedAmount) {
      return undefined
    }
    return account.voucher
  }

  shown(contributorId: string, text: string): void {
    const account = this.#accounts.get(contributorId)
    if (account === undefined || account.shownText === text) return
    account.shownText = text
    const voucher = decodeShownVoucher(text)
    if (voucher?.channelId !== account.payout.payoutId) return
    if (voucher.maxClaimableAmount <= account.payout.promisedAmount) {
      account.shownAmount = voucher.maxClaimableAmount
      return
    }
    const recovering = this.#told.lostVoucher(voucher).then(() => {
      if (account.recovering === recovering) account.recovering = undefined
    })
    account.recovering = recovering
  }

  recovering(contributorId: string): Promise<void> | undefined {
    return this.#accounts.get(contributorId)?.recovering
  }

  exhausted(contributorId: string): void {
    if (this.#accounts.has(contributorId)) this.#wantVouchers()
  }

  #wantVouchers(): void {
    this.#earnings = 0
    this.#told.vouchersWanted()
  }

  #see(account: Account, payout: Payout): void {
    if (payout.voucherSignature !== account.payout.voucherSignature) {
      account.voucher = voucherText(payout)
    }
    // What came in meanwhile is in the book now; anything later is added again from nothing.
    account.earnedSince = 0n
    account.payout = payout
  }
}

const voucherText = ({
  chainId,
  config,
  promisedAmount,
  voucherSignature,
}: Payout): string | undefined =>
  voucherSignature === noSignature
    ? undefined
    : encodeVoucher({
        chainId,
        config,
        maxClaimableAmount: promisedAmount,
        signature: voucherSignature,
      })
