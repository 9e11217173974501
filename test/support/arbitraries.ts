import fc from 'fast-check'
import { type PrivateKey, parsePrivateKey } from '../../src/chain/private-key.ts'
import type { PriceSheet } from '../../src/domain/price-sheet.ts'
import type { Receipt, Work } from '../../src/domain/receipt.ts'
import {
  type Address,
  type AtomicAmount,
  address,
  atomic,
  type Bytes32,
  bytes32,
  type UnixSeconds,
  unixSeconds,
} from '../../src/domain/units.ts'

const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })

export const anyBytes32: fc.Arbitrary<Bytes32> = bytes(32).map((value) => bytes32(hexOf(value)))
export const anyAddress: fc.Arbitrary<Address> = bytes(20).map((value) => address(hexOf(value)))
export const anyAmount: fc.Arbitrary<AtomicAmount> = fc
  .bigInt({ min: 0n, max: 2n ** 128n - 1n })
  .map(atomic)
export const anyPrivateKey: fc.Arbitrary<PrivateKey> = bytes(32)
  .map((value) => parsePrivateKey(hexOf(value)))
  .filter((key) => key !== undefined)

const anyUint = (bits: 16 | 32): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 })
// JSON and Solidity meet in 53 bits: larger uint64 values are no safe integers.
export const anyUint64: fc.Arbitrary<number> = fc.maxSafeNat()
export const anyTime: fc.Arbitrary<UnixSeconds> = anyUint64.map(unixSeconds)

export const anyWork: fc.Arbitrary<Work> = fc.record({
  jobId: anyBytes32,
  gateway: anyAddress,
  contributor: anyAddress,
  modelId: anyBytes32,
  inputHash: anyBytes32,
  outputHash: anyBytes32,
  contentHash: anyBytes32,
  streamRoot: anyBytes32,
  promptTokens: anyUint(32),
  cachedPromptTokens: anyUint(32),
  completionTokens: anyUint(32),
  commitment: anyBytes32,
  startedAt: anyTime,
  finishedAt: anyTime,
  status: fc.constantFrom(0, 1, 2, 3),
})

export const anyReceipt: fc.Arbitrary<Receipt> = fc.record({
  work: anyWork,
  receiptId: anyBytes32,
  gatewaySeq: anyUint64,
  client: anyAddress,
  requestHash: anyBytes32,
  responseHash: anyBytes32,
  channelId: anyBytes32,
  channelSeq: anyUint64,
  cost: anyAmount,
  cumulative: anyAmount,
  priceHash: anyBytes32,
  prevReceipt: anyBytes32,
  tiers: anyUint(16),
  evidenceHash: anyBytes32,
  anchorBy: anyTime,
})

export const anyPriceSheet: fc.Arbitrary<PriceSheet> = fc.record({
  operator: anyAddress,
  modelId: anyBytes32,
  asset: anyAddress,
  promptAtomicPerMtok: anyAmount,
  cachedPromptAtomicPerMtok: anyAmount,
  completionAtomicPerMtok: anyAmount,
  validFrom: anyTime,
  validUntil: anyTime,
})
