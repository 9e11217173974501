import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Receipt, Work } from '../domain/receipt.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  domainSeparator,
  hashWord,
  type TypeHash,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

const workType =
  'Work(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,' +
  'bytes32 outputHash,bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,' +
  'uint32 cachedPromptTokens,uint32 completionTokens,bytes32 commitment,uint64 startedAt,' +
  'uint64 finishedAt,uint8 status)'
const receiptType =
  'Receipt(Work work,bytes32 receiptId,uint64 gatewaySeq,address client,bytes32 requestHash,' +
  'bytes32 responseHash,bytes32 channelId,uint64 channelSeq,uint128 cost,uint128 cumulative,' +
  'bytes32 priceHash,bytes32 prevReceipt,uint16 tiers,bytes32 evidenceHash,uint64 anchorBy)'
const priceSheetType =
  'PriceSheet(address operator,bytes32 modelId,address asset,uint128 promptAtomicPerMtok,' +
  'uint128 cachedPromptAtomicPerMtok,uint128 completionAtomicPerMtok,uint64 validFrom,' +
  'uint64 validUntil)'

export const workTypeHash: TypeHash = typeHash(workType)
export const receiptTypeHash: TypeHash = typeHash(receiptType + workType)
const priceSheetTypeHash = typeHash(priceSheetType)

/** The domain of Work and Receipt. `verifyingContract` is the ReceiptVerifier. */
export const receiptDomain = (place: {
  readonly chainId: number
  readonly verifyingContract: Address
}): DomainSeparator => domainSeparator({ name: 'Vouch Receipts', version: '1', ...place })

/** What the contributor signs. */
export const workDigest = (domain: DomainSeparator, work: Work): Bytes32 =>
  typedDataDigest(domain, hashWork(work))

/** What the gateway signs; also the receipt's identity (`prevReceipt`, anchoring). */
export const receiptDigest = (domain: DomainSeparator, receipt: Receipt): Bytes32 =>
  typedDataDigest(domain, hashReceipt(receipt))

/** The value of `Receipt.priceHash`: a struct hash without a domain, as the sheet itself is not signed. */
export const hashPriceSheet = (sheet: PriceSheet): Bytes32 =>
  keccak256Hex(
    priceSheetTypeHash +
      addressWord(sheet.operator) +
      hashWord(sheet.modelId) +
      addressWord(sheet.asset) +
      uintWord(sheet.promptAtomicPerMtok, 128) +
      uintWord(sheet.cachedPromptAtomicPerMtok, 128) +
      uintWord(sheet.completionAtomicPerMtok, 128) +
      uintWord(sheet.validFrom, 64) +
      uintWord(sheet.validUntil, 64),
  )

const hashWork = (work: Work): Bytes32 => keccak256Hex(workTypeHash + workWords(work))

const hashReceipt = (receipt: Receipt): Bytes32 =>
  keccak256Hex(receiptTypeHash + hashWord(hashWork(receipt.work)) + ownWords(receipt))

/** The words of a Work as hex digits. */
export const workWords = (work: Work): string =>
  hashWord(work.jobId) +
  addressWord(work.gateway) +
  addressWord(work.contributor) +
  hashWord(work.modelId) +
  hashWord(work.inputHash) +
  hashWord(work.outputHash) +
  hashWord(work.contentHash) +
  hashWord(work.streamRoot) +
  uintWord(work.promptTokens, 32) +
  uintWord(work.cachedPromptTokens, 32) +
  uintWord(work.completionTokens, 32) +
  hashWord(work.commitment) +
  uintWord(work.startedAt, 64) +
  uintWord(work.finishedAt, 64) +
  uintWord(work.status, 8)

/** The words of a Receipt behind the hash of its Work, as hex digits. */
export const ownWords = (receipt: Omit<Receipt, 'work'>): string =>
  hashWord(receipt.receiptId) +
  uintWord(receipt.gatewaySeq, 64) +
  addressWord(receipt.client) +
  hashWord(receipt.requestHash) +
  hashWord(receipt.responseHash) +
  hashWord(receipt.channelId) +
  uintWord(receipt.channelSeq, 64) +
  uintWord(receipt.cost, 128) +
  uintWord(receipt.cumulative, 128) +
  hashWord(receipt.priceHash) +
  hashWord(receipt.prevReceipt) +
  uintWord(receipt.tiers, 16) +
  hashWord(receipt.evidenceHash) +
  uintWord(receipt.anchorBy, 64)
