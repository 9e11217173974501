/*
 * What a batch proof says of up to sixteen consecutive receipts of one channel, one contributor and one price sheet, and how it
 * becomes the public inputs of circuits/circom/batch16: four, as each costs a contract 6,600 gas. What the circuit does not
 * compute with goes into one of them as a hash that contracts make cheaply; the contributor signed it with the rest.
 */
import { assert } from '../base/assert.ts'
import { hexOf } from '../base/hex.ts'
import { keccak256Hex } from '../chain/keccak.ts'
import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import { addressWord, hashWord, typeHash, uintWord } from '../chain/typed-data.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Address, AtomicAmount, Bytes32, UnixSeconds } from '../domain/units.ts'
import { scalarWord } from './field.ts'

/** Receipts in one proof: as many as a domain of 2^14 rows takes. */
export const batchReceiptsMax = 16

export type BatchStatement = {
  /** Hash of the receipts' EIP-712 domain: chain and ReceiptVerifier. */
  readonly domainSeparator: Bytes32
  readonly channelId: Bytes32
  /** Operator accounts, as every Work of the batch names them. */
  readonly gateway: Address
  readonly contributor: Address
  readonly priceSheet: PriceSheet
  /** `channelSeq` of the first receipt; the others follow without a gap. */
  readonly firstSeq: number
  /** 1 to 16. */
  readonly count: number
  /** Sum of `cost`. */
  readonly total: AtomicAmount
  /** Sum of ⌈price · tokens⌉; no single cost is above its own. Equal to `total` where nobody charged less. */
  readonly priced: AtomicAmount
  /** Digest of the receipt before the first; zero where the first is the channel's first. */
  readonly previousDigest: Bytes32
  readonly lastDigest: Bytes32
  /** Earliest and latest `finishedAt`: the contributor's signing key must have been active at both. */
  readonly firstFinishedAt: UnixSeconds
  readonly lastFinishedAt: UnixSeconds
  /** Hash of the Baby Jubjub key that signed the batch; whose it is, its endorsement says. */
  readonly usageKey: Bytes32
}

/** Bits of a price in the packed word: 4.7·10²¹ atomic units for a million tokens. */
const priceBits = 72n
const seqBits = 48n
const countBits = 5n
const amountBits = 100n

/** What a batch can be of: its circuit has no room for larger prices and numbers. Real ones are far below. */
export const batchPriceMax: bigint = (1n << priceBits) - 1n
export const batchSeqMax: number = 2 ** Number(seqBits) - 1

/** Whether there are public inputs for it: a statement out of a file may say anything. */
export function isBatchStatement(statement: BatchStatement): boolean {
  const { firstSeq, count, total, priced, priceSheet } = statement
  const { promptAtomicPerMtok, cachedPromptAtomicPerMtok, completionAtomicPerMtok } = priceSheet
  const prices = [promptAtomicPerMtok, cachedPromptAtomicPerMtok, completionAtomicPerMtok]
  return (
    firstSeq <= batchSeqMax &&
    count >= 1 &&
    count <= batchReceiptsMax &&
    [total, priced].every((amount) => amount >> amountBits === 0n) &&
    prices.every((price) => price <= batchPriceMax)
  )
}

/** Public inputs of the circuit, in its order: context, usageKey, packedPrices, packedSums. */
export const batchPublicInputs = (statement: BatchStatement): readonly Bytes32[] => [
  batchContext(statement),
  statement.usageKey,
  scalarWord(packedPrices(statement.priceSheet)),
  scalarWord(packedSums(statement)),
]

const contextTypeHash = typeHash(
  'BatchContext(bytes32 domainSeparator,bytes32 channelId,address gateway,address contributor,' +
    'bytes32 priceHash,bytes32 previousDigest,bytes32 lastDigest,uint64 firstFinishedAt,' +
    'uint64 lastFinishedAt)',
)

/** The struct's EIP-712 hash without its last byte, so that it is below the field's modulus. */
export function batchContext(statement: BatchStatement): Bytes32 {
  const hash = keccak256Hex(
    contextTypeHash +
      hashWord(statement.domainSeparator) +
      hashWord(statement.channelId) +
      addressWord(statement.gateway) +
      addressWord(statement.contributor) +
      hashWord(hashPriceSheet(statement.priceSheet)) +
      hashWord(statement.previousDigest) +
      hashWord(statement.lastDigest) +
      uintWord(statement.firstFinishedAt, 64) +
      uintWord(statement.lastFinishedAt, 64),
  )
  return scalarWord(BigInt(hexOf(hash.slice(2, -2))))
}

/** Prices of prompt, cached prompt and completion, 72 bits each, the first lowest. */
export const packedPrices = (sheet: PriceSheet): bigint =>
  packed([
    [sheet.promptAtomicPerMtok, priceBits],
    [sheet.cachedPromptAtomicPerMtok, priceBits],
    [sheet.completionAtomicPerMtok, priceBits],
  ])

type Sums = Pick<BatchStatement, 'firstSeq' | 'count' | 'total' | 'priced'>

/** First number, count, total and priced in 48, 5, 100 and 100 bits, the first lowest. */
export const packedSums = ({ firstSeq, count, total, priced }: Sums): bigint =>
  packed([
    [BigInt(firstSeq), seqBits],
    [BigInt(count), countBits],
    [total, amountBits],
    [priced, amountBits],
  ])

function packed(parts: readonly (readonly [value: bigint, bits: bigint])[]): bigint {
  let shift = 0n
  let sum = 0n
  for (const [value, bits] of parts) {
    // Out of range it would be the packing of another statement.
    assert(value >= 0n && value >> bits === 0n, 'a packed number fits its bits')
    sum += value << shift
    shift += bits
  }
  return sum
}
