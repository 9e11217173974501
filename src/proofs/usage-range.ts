/*
 * What consecutive receipts of one channel add up to, by the rules of circuits/noir/usage-batch: a statement exists here exactly
 * where the circuit has a proof of it. Whatever is wrong with a receipt is said with its number, before a prover is started.
 */
import { assert } from '../base/assert.ts'
import { hexOf } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { receiptDigest } from '../chain/receipt-typed-data.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { SignedReceipt } from '../domain/receipt.ts'
import { atomic, type Bytes32, unixSeconds } from '../domain/units.ts'
import { priceOrRefusal } from './usage-price.ts'
import { refuseUsage, type UsageRefusal } from './usage-refusal.ts'
import { readSigner, type WorkSigner } from './usage-signer.ts'
import {
  type UsageSigner,
  type UsageStatement,
  usageSheetsMax,
  usageSignersMax,
} from './usage-statement.ts'

/** A receipt with the sheet that it was priced with, as its document has both. */
export type PricedReceipt = SignedReceipt & { readonly priceSheet: PriceSheet }

/** One receipt as the circuit takes it: which of the statement's sheets and signers are its own. */
export type UsageRow = {
  readonly receipt: PricedReceipt
  readonly sheet: number
  /** Undefined: nobody signed the Work. */
  readonly signer: number | undefined
}

export type UsageRange = {
  readonly statement: UsageStatement
  /** In the order of the statement's `priceHashes`. */
  readonly sheets: readonly PriceSheet[]
  readonly rows: readonly UsageRow[]
}

export type UsageTerms = {
  readonly domain: DomainSeparator
  /** Count receipts without a contributor's signature apart, instead of refusing them. */
  readonly allowUnsigned: boolean
}

/** `receipts` in the order of their `channelSeq`. */
export function usageRange(
  receipts: readonly PricedReceipt[],
  terms: UsageTerms,
): Result<UsageRange, UsageRefusal> {
  const [first] = receipts
  if (first === undefined) return err({ reason: 'receipts_missing', detail: 'there is no receipt' })
  const range = new GrowingRange(first, terms)
  for (const receipt of receipts) {
    const refusal = range.add(receipt)
    if (refusal !== undefined) return err(refusal)
  }
  return ok(range.end())
}

/** Sums, sheets and signers of the receipts so far. */
class GrowingRange {
  readonly #first: PricedReceipt
  readonly #terms: UsageTerms
  readonly #rows: UsageRow[] = []
  readonly #sheets = new Map<Bytes32, PriceSheet>()
  readonly #signers: UsageSigner[] = []
  #lastDigest: Bytes32
  #cumulative: bigint
  #total = 0n
  #priced = 0n
  #unsignedCount = 0
  #unsignedTotal = 0n

  constructor(first: PricedReceipt, terms: UsageTerms) {
    this.#first = first
    this.#terms = terms
    this.#lastDigest = first.receipt.prevReceipt
    this.#cumulative = first.receipt.cumulative - first.receipt.cost
  }

  add(signed: PricedReceipt): UsageRefusal | undefined {
    const { receipt } = signed
    const refusal = this.#refusePlace(signed)
    if (refusal !== undefined) return refusal
    const price = priceOrRefusal(signed)
    if (!price.ok) return price.error
    const signer = readSigner(signed, this.#terms)
    if (!signer.ok) return signer.error

    this.#sheets.set(receipt.priceHash, signed.priceSheet)
    if (this.#sheets.size > usageSheetsMax) {
      return refuseUsage('sheets_too_many', receipt, `at most ${usageSheetsMax} in one proof`)
    }
    const slot = signer.value === undefined ? undefined : this.#slotOf(signer.value)
    if (slot === usageSignersMax) {
      return refuseUsage('signers_too_many', receipt, `at most ${usageSignersMax} in one proof`)
    }
    const sheet = [...this.#sheets.keys()].indexOf(receipt.priceHash)
    this.#rows.push({ receipt: signed, sheet, signer: slot })
    this.#lastDigest = receiptDigest(this.#terms.domain, receipt)
    this.#cumulative = receipt.cumulative
    this.#total += receipt.cost
    this.#priced += price.value
    if (slot === undefined) {
      this.#unsignedCount += 1
      this.#unsignedTotal += receipt.cost
    }
    return undefined
  }

  end(): UsageRange {
    const { receipt } = this.#first
    const last = this.#rows.at(-1)?.receipt.receipt
    assert(last !== undefined, 'a range has a receipt')
    const statement: UsageStatement = {
      domainSeparator: hexOf(this.#terms.domain.slice('1901'.length)) as Bytes32,
      channelId: receipt.channelId,
      gateway: receipt.work.gateway,
      asset: this.#first.priceSheet.asset,
      firstSeq: receipt.channelSeq,
      count: this.#rows.length,
      total: atomic(this.#total),
      priced: atomic(this.#priced),
      cumulative: last.cumulative,
      unsignedCount: this.#unsignedCount,
      unsignedTotal: atomic(this.#unsignedTotal),
      lastFinishedAt: last.work.finishedAt,
      previousDigest: receipt.prevReceipt,
      lastDigest: this.#lastDigest,
      priceHashes: [...this.#sheets.keys()],
      signers: this.#signers,
    }
    return { statement, sheets: [...this.#sheets.values()], rows: this.#rows }
  }

  #refusePlace({ receipt, priceSheet }: PricedReceipt): UsageRefusal | undefined {
    const first = this.#first
    const elsewhere =
      receipt.channelId !== first.receipt.channelId
        ? 'channel'
        : receipt.work.gateway !== first.receipt.work.gateway
          ? 'gateway'
          : priceSheet.asset !== first.priceSheet.asset
            ? 'asset'
            : undefined
    if (elsewhere !== undefined) {
      return refuseUsage('receipt_elsewhere', receipt, `it is of another ${elsewhere}`)
    }
    const seq = first.receipt.channelSeq + this.#rows.length
    if (receipt.channelSeq !== seq) {
      return refuseUsage('receipts_apart', receipt, `receipt ${seq} should stand here`)
    }
    const isFirstOfChannel = receipt.channelSeq === 1
    if (receipt.channelSeq < 1 || isFirstOfChannel !== (BigInt(receipt.prevReceipt) === 0n)) {
      return refuseUsage('receipts_apart', receipt, 'only receipt 1 has none before it')
    }
    if (receipt.prevReceipt !== this.#lastDigest) {
      return refuseUsage('receipts_apart', receipt, 'its prevReceipt is not the one before it')
    }
    const before = receipt.cumulative - receipt.cost
    if (before !== this.#cumulative || before < 0n || (isFirstOfChannel && before !== 0n)) {
      return refuseUsage('receipts_apart', receipt, 'its cumulative is not the sum so far')
    }
    return undefined
  }

  /** Where the statement has this pair, with its time widened; `usageSignersMax` where it has no room. */
  #slotOf({ contributor, publicKey, finishedAt }: WorkSigner): number {
    const at = this.#signers.findIndex(
      (known) => known.contributor === contributor && known.publicKey === publicKey,
    )
    const known = this.#signers[at]
    const slot = known === undefined ? this.#signers.length : at
    if (slot === usageSignersMax) return slot
    const { firstFinishedAt = finishedAt, lastFinishedAt = finishedAt } = known ?? {}
    this.#signers[slot] = {
      contributor,
      publicKey,
      firstFinishedAt: unixSeconds(Math.min(firstFinishedAt, finishedAt)),
      lastFinishedAt: unixSeconds(Math.max(lastFinishedAt, finishedAt)),
    }
    return slot
  }
}
