/*
 * A sealed receipt as a store keeps it: the words that its digest was made of, without the zeros before each, a third of the
 * bytes of its JSON. The document is made again when somebody asks for it; test/property/receipt-bytes.property.test.ts holds
 * it to what was sealed, byte for byte.
 *
 *   1 byte      version of this form
 *   32 bytes    digest
 *   39 words    the Receipt's 29, its Work's first; its price sheet's 8; chain and contract of its domain. Of each the number
 *               of its bytes, and the bytes, big-endian
 *   1 byte      who counted the tokens
 *   2 times     2 bytes of length, and a signature: the contributor's, the gateway's
 *   the rest    the record of its request, UTF-8
 */
import { assert } from '../base/assert.ts'
import { type Hex, hexOf } from '../base/hex.ts'
import type { PriceSheet } from './price-sheet.ts'
import type { Receipt, WorkStatus } from './receipt.ts'
import { receiptDocument, type SealedDocument } from './receipt-document.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  type Signature,
  type UnixSeconds,
  unixSeconds,
} from './units.ts'
import type { UsageSource } from './usage.ts'

const version = 1
const wordBytes = 32
const receiptBytesMax = 29 * (1 + wordBytes)
/** Of a unit of UTF-16. */
const utf8BytesMax = 3
const usageSources: readonly UsageSource[] = ['reported', 'counted', 'corrected']

/** Where the digest begins, as a store may look for it without reading the rest. */
export const digestOffset = 1
const wordsOffset = digestOffset + wordBytes

/** What thousands of receipts have in common: their prices, and the domain of their signatures. */
export function packTerms(prices: PriceSheet, domain: SealedDocument['domain']): Uint8Array {
  const words = [
    prices.operator,
    prices.modelId,
    prices.asset,
    prices.promptAtomicPerMtok,
    prices.cachedPromptAtomicPerMtok,
    prices.completionAtomicPerMtok,
    prices.validFrom,
    prices.validUntil,
    domain.chainId,
    domain.verifyingContract,
  ]
  const digits = words.map((word) =>
    BigInt(word)
      .toString(16)
      .padStart(2 * wordBytes, '0'),
  )
  const packed = Buffer.allocUnsafe(words.length * (1 + wordBytes))
  return packed.subarray(0, packWords(packed, 0, Buffer.from(digits.join(''), 'hex')))
}

/** A receipt without evidence, signed, and the record that is kept beside it. */
export function packReceipt(sealed: {
  readonly digest: Bytes32
  /** The Receipt's 29 words, of 32 bytes each, in as many pieces as they come in. */
  readonly words: readonly Uint8Array[]
  readonly terms: Uint8Array
  readonly usageSource: UsageSource
  readonly contributorSignature: Signature
  readonly gatewaySignature: Signature
  readonly record: string
}): Uint8Array {
  const { words, terms, contributorSignature, gatewaySignature, record } = sealed
  const signaturesMax = contributorSignature.length + gatewaySignature.length
  const bytes = Buffer.allocUnsafe(
    wordsOffset + receiptBytesMax + terms.length + signaturesMax + utf8BytesMax * record.length,
  )
  bytes[0] = version
  writeHex(bytes, digestOffset, sealed.digest)
  let at = wordsOffset
  for (const piece of words) at = packWords(bytes, at, piece)
  bytes.set(terms, at)
  at += terms.length
  bytes[at] = usageSources.indexOf(sealed.usageSource)
  at = writeSignature(bytes, at + 1, contributorSignature)
  at = writeSignature(bytes, at, gatewaySignature)
  return bytes.subarray(0, at + bytes.write(record, at))
}

/** Answers where it ends. */
function packWords(target: Uint8Array, offset: number, words: Uint8Array): number {
  let at = offset
  for (let word = 0; word < words.length; word += wordBytes) {
    const end = word + wordBytes
    let from = word
    while (from < end && words[from] === 0) from += 1
    target[at] = end - from
    at += 1
    for (; from < end; from += 1, at += 1) target[at] = words[from] as number
  }
  return at
}

function writeSignature(target: Buffer, at: number, signature: Signature): number {
  const length = signature.length / 2 - 1
  target.writeUInt16BE(length, at)
  writeHex(target, at + 2, signature)
  return at + 2 + length
}

const writeHex = (target: Buffer, at: number, hex: Hex): number =>
  target.write(hex.slice(2), at, 'hex')

/** What was packed: the document as JSON, and the record. */
export function unpackReceipt(packed: Uint8Array): {
  readonly body: string
  readonly record: string
} {
  const read = new PackedReader(packed)
  const receipt = readReceipt(read)
  const prices = readPrices(read)
  const domain = { chainId: read.whole(), verifyingContract: read.address() }
  const usageSource = usageSources[read.byte()]
  assert(usageSource !== undefined, 'who counted the tokens of a packed receipt is known')
  const contributorSignature = read.signature()
  const gatewaySignature = read.signature()
  const sealed = { receipt, prices, domain, usageSource, contributorSignature, gatewaySignature }
  return { body: JSON.stringify(receiptDocument(sealed)), record: read.rest() }
}

const readReceipt = (read: PackedReader): Receipt => ({
  work: {
    jobId: read.word(),
    gateway: read.address(),
    contributor: read.address(),
    modelId: read.word(),
    inputHash: read.word(),
    outputHash: read.word(),
    contentHash: read.word(),
    streamRoot: read.word(),
    promptTokens: read.whole(),
    cachedPromptTokens: read.whole(),
    completionTokens: read.whole(),
    commitment: read.word(),
    startedAt: read.time(),
    finishedAt: read.time(),
    status: read.whole() as WorkStatus,
  },
  receiptId: read.word(),
  gatewaySeq: read.whole(),
  client: read.address(),
  requestHash: read.word(),
  responseHash: read.word(),
  channelId: read.word(),
  channelSeq: read.whole(),
  cost: read.amount(),
  cumulative: read.amount(),
  priceHash: read.word(),
  prevReceipt: read.word(),
  tiers: read.whole(),
  evidenceHash: read.word(),
  anchorBy: read.time(),
})

const readPrices = (read: PackedReader): PriceSheet => ({
  operator: read.address(),
  modelId: read.word(),
  asset: read.address(),
  promptAtomicPerMtok: read.amount(),
  cachedPromptAtomicPerMtok: read.amount(),
  completionAtomicPerMtok: read.amount(),
  validFrom: read.time(),
  validUntil: read.time(),
})

/** Reads member after member, in the order in which they were written: so do the functions above. */
class PackedReader {
  readonly #bytes: Buffer
  #at = wordsOffset

  constructor(packed: Uint8Array) {
    this.#bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
    assert(this.#bytes[0] === version, 'a packed receipt is of a version that is known')
  }

  byte(): number {
    const byte = this.#bytes[this.#at]
    assert(byte !== undefined, 'a packed receipt is whole')
    this.#at += 1
    return byte
  }

  word(): Bytes32 {
    return this.#padded(wordBytes) as Bytes32
  }

  address(): Address {
    return this.#padded(20) as Address
  }

  whole(): number {
    return Number(BigInt(this.#padded(wordBytes)))
  }

  time(): UnixSeconds {
    return unixSeconds(this.whole())
  }

  amount(): AtomicAmount {
    return atomic(BigInt(this.#padded(wordBytes)))
  }

  signature(): Signature {
    const length = this.byte() * 256 + this.byte()
    return hexOf(this.#digits(length)) as Signature
  }

  rest(): string {
    return this.#bytes.toString('utf8', this.#at)
  }

  #padded(bytes: number): Hex {
    return hexOf(this.#digits(this.byte()).padStart(2 * bytes, '0'))
  }

  #digits(bytes: number): string {
    this.#at += bytes
    assert(this.#at <= this.#bytes.length, 'a packed receipt is whole')
    return this.#bytes.toString('hex', this.#at - bytes, this.#at)
  }
}
