import { isDeepStrictEqual } from 'node:util'
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { AtomicAmount, Bytes32 } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { readAccount } from './payout-accounts.ts'
import type { BookedPayoutDesk } from './payout-desk.ts'
import type { Payee, PayoutTerms } from './payout-terms.ts'

type Looking = {
  readonly rpc: JsonRpc
  readonly registryRpc?: JsonRpc | undefined
  readonly terms: PayoutTerms
  readonly ledger: Pick<LedgerStore, 'openPayout' | 'observePayout'>
  readonly payees: readonly Payee[]
}

/** Who is paid in one place, and on which channel; the desk follows. */
export class PayeeAccounts {
  readonly #looking: Looking
  readonly #desk: BookedPayoutDesk
  readonly #inBook: <T>(change: () => Promise<T>) => Promise<T>
  /** What each channel had earned when this process first saw it. */
  readonly #earnedBefore = new Map<string, AtomicAmount>()
  #lenders: readonly Payee[] = []

  /** `inBook` runs changes of the book one after the other. */
  constructor(
    looking: Looking,
    desk: BookedPayoutDesk,
    inBook: <T>(change: () => Promise<T>) => Promise<T>,
  ) {
    this.#looking = looking
    this.#desk = desk
    this.#inBook = inBook
  }

  get payees(): readonly Payee[] {
    return [...this.#looking.payees, ...this.#lenders]
  }

  earnedBefore(payoutId: Bytes32): AtomicAmount | undefined {
    return this.#earnedBefore.get(payoutId)
  }

  /** Takes what the registry and the chain have now. */
  async look(payees: readonly Payee[] = this.payees): Promise<Result<void, ChainFailure>> {
    for (const payee of payees) {
      const looked = await this.#lookAt(payee)
      if (!looked.ok) return looked
    }
    return ok(undefined)
  }

  /** Exactly these from now on, beside those who were known at the start. Answers how many of them are new. */
  async setLenders(lenders: readonly Payee[]): Promise<Result<number, ChainFailure>> {
    const known = new Map(this.#lenders.map((lender) => [lender.contributorId, lender]))
    this.#lenders = lenders.map((lender) => {
      const before = known.get(lender.contributorId)
      return before !== undefined && isDeepStrictEqual(before, lender) ? before : lender
    })
    const paid = new Set(this.payees.map(({ contributorId }) => contributorId))
    for (const { contributorId } of this.#desk.current()) {
      if (!paid.has(contributorId)) this.#desk.close(contributorId)
    }
    const isKnown = (lender: Payee) =>
      known.get(lender.contributorId) === lender && this.#desk.has(lender.contributorId)
    const unknown = this.#lenders.filter((lender) => !isKnown(lender))
    const looked = await this.look(unknown)
    return looked.ok ? ok(unknown.length) : looked
  }

  async #lookAt(payee: Payee): Promise<Result<void, ChainFailure>> {
    const read = await readAccount(this.#looking, payee)
    if (!read.ok) return read
    const account = read.value
    if (account === undefined) {
      this.#desk.close(payee.contributorId)
      return ok(undefined)
    }
    const { ledger } = this.#looking
    const payout = await this.#inBook(async () => {
      await ledger.openPayout(account)
      return ledger.observePayout(account.payoutId, account.onChain)
    })
    if (!this.#earnedBefore.has(payout.payoutId)) {
      this.#earnedBefore.set(payout.payoutId, payout.earnedAmount)
    }
    // Who left while the chain was asked does not come back by it.
    if (this.payees.includes(payee)) this.#desk.open(payee.contributorId, payout)
    return ok(undefined)
  }
}
