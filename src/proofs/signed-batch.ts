/*
 * A contributor's translation of receipts into something that a small circuit can read: leaves of Poseidon, one signature of
 * Baby Jubjub over them all. It is made for whoever paid (src/contributor/sign-batch.ts) and kept as secret as the receipts: a
 * proof of it shows the statement alone.
 */
import { err, ok, type Result } from '../base/result.ts'
import { priceRoundedUp } from '../domain/price-sheet.ts'
import type { AtomicAmount, Bytes32, Signature } from '../domain/units.ts'
import { atomic } from '../domain/units.ts'
import {
  type BatchStatement,
  batchContext,
  batchPriceMax,
  batchReceiptsMax,
  batchSeqMax,
  packedPrices,
  packedSums,
} from './batch-statement.ts'
import { poseidon } from './poseidon.ts'
import {
  isUsageSignature,
  type JubjubPoint,
  type UsageSignature,
  usageKeyHash,
} from './usage-signature.ts'

/** What a batch says of one receipt. */
export type BatchEntry = {
  readonly receiptDigest: Bytes32
  readonly promptTokens: number
  readonly cachedPromptTokens: number
  readonly completionTokens: number
  readonly cost: AtomicAmount
}

export type SignedBatch = {
  readonly object: 'vouch.signed-batch'
  readonly statement: BatchStatement
  /** In the order of `channelSeq`. */
  readonly entries: readonly BatchEntry[]
  /** Its hash is the statement's `usageKey`. */
  readonly key: JubjubPoint
  readonly signature: UsageSignature
  /** EIP-712, by the contributor's signing key, that the usage key is its own (chain/usage-key-typed-data.ts). */
  readonly endorsement: Signature
}

/** Why entries are no batch, or a batch does not say what its parts say. */
export type BatchFault =
  | 'count'
  | 'seq_too_large'
  | 'price_too_large'
  | 'more_cached_than_prompt'
  | 'cost_above_price'
  | 'sums_differ'
  | 'last_digest_differs'
  | 'usage_key_differs'
  | 'signature_false'

/** What is signed, and what the circuit computes. Padding has the leaf of zeros, so that the root says nothing of the count. */
export function batchMessage(statement: BatchStatement, entries: readonly BatchEntry[]): bigint {
  const leaves = Array.from({ length: batchReceiptsMax }, (_, at) => {
    const entry = entries[at]
    return entry === undefined ? paddingLeaf() : batchLeaf(entry, statement.firstSeq + at)
  })
  return poseidon([
    batchTag,
    BigInt(batchContext(statement)),
    packedPrices(statement.priceSheet),
    packedSums(statement),
    poseidon(leaves),
  ])
}

/** "vouch-batch/1" in ASCII. */
const batchTag = 0x766f7563682d62617463682f31n

const paddingLeaf = (): bigint => poseidon([0n, 0n, 0n, 0n])

/** Digest in two halves; uncached, cached and completion tokens and the number, 32, 32, 32 and 48 bits; cost. */
function batchLeaf(entry: BatchEntry, seq: number): bigint {
  const { receiptDigest, promptTokens, cachedPromptTokens, completionTokens, cost } = entry
  const [high, low] = digestHalves(receiptDigest)
  const tokens =
    BigInt(promptTokens - cachedPromptTokens) |
    (BigInt(cachedPromptTokens) << 32n) |
    (BigInt(completionTokens) << 64n) |
    (BigInt(seq) << 96n)
  return poseidon([high, low, tokens, cost])
}

export const digestHalves = (digest: Bytes32): readonly [high: bigint, low: bigint] => {
  const value = BigInt(digest)
  return [value >> 128n, value & (2n ** 128n - 1n)]
}

/** Sums over entries, as the statement has them. */
export function batchSums(
  { priceSheet }: Pick<BatchStatement, 'priceSheet'>,
  entries: readonly BatchEntry[],
): Pick<BatchStatement, 'count' | 'total' | 'priced'> {
  const sum = (amounts: readonly bigint[]) =>
    atomic(amounts.reduce((one, other) => one + other, 0n))
  return {
    count: entries.length,
    total: sum(entries.map(({ cost }) => cost)),
    priced: sum(entries.map((entry) => priceRoundedUp(priceSheet, entry))),
  }
}

/** Everything that the circuit demands of statement and entries, but for the signature. */
export function findBatchFault(
  statement: BatchStatement,
  entries: readonly BatchEntry[],
): BatchFault | undefined {
  const { priceSheet, firstSeq } = statement
  if (entries.length < 1 || entries.length > batchReceiptsMax) return 'count'
  if (firstSeq > batchSeqMax) return 'seq_too_large'
  const { promptAtomicPerMtok, cachedPromptAtomicPerMtok, completionAtomicPerMtok } = priceSheet
  const prices = [promptAtomicPerMtok, cachedPromptAtomicPerMtok, completionAtomicPerMtok]
  if (prices.some((price) => price > batchPriceMax)) return 'price_too_large'
  const isMoreCached = (entry: BatchEntry) => entry.cachedPromptTokens > entry.promptTokens
  if (entries.some(isMoreCached)) return 'more_cached_than_prompt'
  const isDearer = (entry: BatchEntry) => entry.cost > priceRoundedUp(priceSheet, entry)
  if (entries.some(isDearer)) return 'cost_above_price'
  const { count, total, priced } = batchSums(statement, entries)
  const isSame =
    statement.count === count && statement.total === total && statement.priced === priced
  if (!isSame) return 'sums_differ'
  if (entries.at(-1)?.receiptDigest !== statement.lastDigest) return 'last_digest_differs'
  return undefined
}

/** Whether a prover can make a proof of it. Whose key signed it is for `endorsement` to say. */
export function checkSignedBatch(batch: SignedBatch): Result<undefined, BatchFault> {
  const { statement, entries, key, signature } = batch
  const fault = findBatchFault(statement, entries)
  if (fault !== undefined) return err(fault)
  if (usageKeyHash(key) !== statement.usageKey) return err('usage_key_differs')
  const message = batchMessage(statement, entries)
  return isUsageSignature(signature, { key, message }) ? ok(undefined) : err('signature_false')
}
