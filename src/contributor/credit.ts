/*
 * Work on credit: how far a contributor trusts a gateway that pays by vouchers. It counts what it is owed itself, takes
 * vouchers that the contract would honour, and stops when more is unpaid than it chose to risk.
 */
import { assert } from '../base/assert.ts'
import { ok, type Result } from '../base/result.ts'
import { channelSettlementAt, readChannel } from '../chain/channel-settlement.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { isOpenClaimAuthorizer } from '../chain/open-claims.ts'
import { contributorShareRoundedDown } from '../domain/contributor-share.ts'
import { decodeOfferedVoucher, encodeVoucher } from '../domain/payout-voucher.ts'
import { priceRoundedUp, type TokenPrices } from '../domain/price-sheet.ts'
import { type AtomicAmount, atomic, type Bytes32, unixSecondsOf } from '../domain/units.ts'
import type { Usage } from '../domain/usage.ts'
import type { CreditAgreement } from './credit-agreement.ts'
import {
  addWork,
  type CreditBook,
  emptyCreditBook,
  type HeldVoucher,
  holdVoucher,
  unpaidAmount,
  voucherOf,
} from './credit-book.ts'
import { readCreditFile, writeCreditFile } from './credit-file.ts'
import {
  type ChannelFacts,
  faultOfTerms,
  faultOnChain,
  payoutChannelId,
  type VoucherFault,
} from './credit-verdict.ts'
import { channelFactsAgeMaxMs, creditWritePauseMs, vouchersWaitingMax } from './limits.ts'

export type CreditTerms = {
  readonly agreement: CreditAgreement
  /** A node of the chain that payouts are on. The contributor's own choice: it believes nobody else about its money. */
  readonly rpc: JsonRpc
  /** Unpaid work beyond which no more is begun, in atomic units of the token. */
  readonly limitAmount: AtomicAmount
  readonly file: string
  /** Told of what a person should know: a voucher that is no good, a file that cannot be written. */
  readonly onEvent: (event: CreditEvent) => void
  readonly nowMs: () => number
}

export type CreditEvent =
  | { readonly event: 'voucher_refused'; readonly reason: VoucherFault | 'unreadable' }
  | { readonly event: 'gateway_withdraws'; readonly finalAtS: number }
  | { readonly event: 'credit_not_saved'; readonly error: string }

/** Opens the book that an earlier process left. Errors are one line for a person. */
export async function openCredit(terms: CreditTerms): Promise<Result<Credit, string>> {
  const stored = await readCreditFile(terms.file)
  if (!stored.ok) return stored
  return ok(new Credit(terms, stored.value?.book ?? emptyCreditBook))
}

type WaitingVoucher = { readonly text: string; readonly judged: PromiseWithResolvers<void> }

export class Credit {
  readonly agreement: CreditAgreement
  readonly #terms: CreditTerms
  #book: CreditBook
  #shown: string | undefined
  /** Vouchers are judged one after the other; as many judgements are to come as there are vouchers here, the oldest first. */
  readonly #waiting: WaitingVoucher[] = []
  #judging: Promise<void> = Promise.resolve()
  /** The same text, sent with each request, is judged once. */
  #newest: WaitingVoucher | undefined
  #facts:
    | { readonly channelId: Bytes32; readonly facts: ChannelFacts; readonly readAtMs: number }
    | undefined
  #saving: Promise<void> = Promise.resolve()
  #saveTimer: NodeJS.Timeout | undefined

  constructor(terms: CreditTerms, book: CreditBook) {
    this.agreement = terms.agreement
    this.#terms = terms
    this.#book = book
    this.#shown = shownText(book)
  }

  get book(): CreditBook {
    return this.#book
  }

  /** The newest voucher that we hold, as the gateway is shown it with every answer. */
  get shown(): string | undefined {
    return this.#shown
  }

  /**
   * Takes the voucher that came with a request, and says whether there is credit left to answer it. Only who has none waits
   * for the voucher to be judged.
   */
  async admit(offeredVoucher: string | undefined): Promise<boolean> {
    const judged = offeredVoucher === undefined ? undefined : this.take(offeredVoucher)
    if (this.#hasCredit()) return true
    await judged
    return this.#hasCredit()
  }

  /**
   * Judges a voucher and keeps it if it is good and higher than what we have: then it is on the disk. Each judgement asks our
   * node: of a gateway that sends vouchers faster than it answers only the newest are judged. An older one is as good as
   * judged when one of those is, which promises more if the gateway is honest.
   */
  take(offeredVoucher: string): Promise<void> {
    if (offeredVoucher === this.#newest?.text) return this.#newest.judged.promise
    const judged = Promise.withResolvers<void>()
    this.#newest = { text: offeredVoucher, judged }
    this.#waiting.push(this.#newest)
    if (this.#waiting.length > vouchersWaitingMax) {
      this.#waiting.shift()?.judged.resolve(judged.promise)
    } else {
      this.#judging = this.#judging.then(() => this.#judgeNext())
    }
    return judged.promise
  }

  /** A Work was signed: from now on it is owed, at the prices of its job where those move. */
  worked(usage: Omit<Usage, 'reasoningTokens'>, prices: TokenPrices = this.agreement.prices): void {
    const { feeBps } = this.agreement
    // As the gateway has it: an answer without a token costs nothing.
    const cost = usage.completionTokens === 0 ? atomic(0n) : priceRoundedUp(prices, usage)
    this.#book = addWork(this.#book, contributorShareRoundedDown({ cost, feeBps }))
    this.#saveTimer ??= setTimeout(() => {
      this.#saveTimer = undefined
      void this.#save(unchanged)
    }, creditWritePauseMs)
  }

  /** Everything is on the disk when it resolves. */
  async close(): Promise<void> {
    clearTimeout(this.#saveTimer)
    await this.#judging
    await this.#save(unchanged)
  }

  #hasCredit(): boolean {
    return unpaidAmount(this.#book) < this.#terms.limitAmount
  }

  async #judgeNext(): Promise<void> {
    const next = this.#waiting.shift()
    assert(next !== undefined, 'a judgement is to come for each voucher that waits')
    await this.#judge(next.text)
    next.judged.resolve()
  }

  async #judge(text: string): Promise<void> {
    const offered = decodeOfferedVoucher(text)
    if (offered === undefined) {
      this.#terms.onEvent({ event: 'voucher_refused', reason: 'unreadable' })
      return
    }
    const channelId = payoutChannelId(this.agreement, offered)
    const voucher = { ...offered, channelId }
    const known = voucherOf(this.#book, channelId)
    if (known !== undefined && known.maxClaimableAmount >= voucher.maxClaimableAmount) return
    const fault = faultOfTerms(this.agreement, offered) ?? (await this.#faultOnChain(voucher))
    if (fault !== undefined) {
      // What the chain did not know yet may be good a moment later: the same text is judged again.
      if (this.#newest?.text === text) this.#newest = undefined
      this.#terms.onEvent({ event: 'voucher_refused', reason: fault })
      return
    }
    await this.#save((book) => holdVoucher(book, voucher))
    this.#shown = shownText(this.#book)
  }

  async #faultOnChain(voucher: HeldVoucher): Promise<VoucherFault | undefined> {
    const facts = await this.#readFacts(voucher)
    if (facts === undefined) return 'chain_unavailable'
    const { withdrawFinalAtS } = facts.onChain
    if (withdrawFinalAtS !== undefined) {
      this.#terms.onEvent({ event: 'gateway_withdraws', finalAtS: withdrawFinalAtS })
    }
    return faultOnChain(voucher, facts, unixSecondsOf(this.#terms.nowMs()))
  }

  /** At most half a minute old, and not older than the deposit that the voucher needs. */
  async #readFacts(voucher: HeldVoucher): Promise<ChannelFacts | undefined> {
    const { rpc, nowMs } = this.#terms
    const { channelId, maxClaimableAmount } = voucher
    const known = this.#facts?.channelId === channelId ? this.#facts : undefined
    const recent = known !== undefined && nowMs() - known.readAtMs <= channelFactsAgeMaxMs
    if (recent && maxClaimableAmount <= known.facts.onChain.balance) return known.facts
    const settlement = channelSettlementAt(this.agreement.settlement)
    const readAtMs = nowMs()
    const [onChain, open] = await Promise.all([
      readChannel(rpc, settlement, voucher),
      isOpenClaimAuthorizer(rpc, voucher.config.receiverAuthorizer),
    ])
    if (!onChain.ok || !open.ok) return undefined
    const facts = { onChain: onChain.value, openToClaims: open.value }
    this.#facts = { channelId, facts, readAtMs }
    return facts
  }

  /**
   * Writes the book with a change, which counts once it is ours for good: a voucher that a crash takes away is no payment.
   * One write after the other, so that none brings back what an earlier one replaced.
   */
  #save(change: (book: CreditBook) => CreditBook): Promise<void> {
    const { file, onEvent } = this.#terms
    this.#saving = this.#saving.then(async () => {
      try {
        const { settlement } = this.agreement
        await writeCreditFile(file, { settlement, book: change(this.#book) })
        // Work that was signed meanwhile stays.
        this.#book = change(this.#book)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        onEvent({ event: 'credit_not_saved', error: code ?? 'unknown' })
      }
    })
    return this.#saving
  }
}

const unchanged = (book: CreditBook): CreditBook => book

function shownText({ vouchers }: CreditBook): string | undefined {
  const newest = vouchers.at(-1)
  if (newest === undefined) return undefined
  const { channelId, maxClaimableAmount, signature } = newest
  return encodeVoucher({ channelId, maxClaimableAmount, signature })
}
