import { assert } from '../../src/base/assert.ts'
import { receiptDigest, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import { type BatchSigner, signBatch } from '../../src/contributor/sign-batch.ts'
import { openUsageSigner } from '../../src/contributor/usage-key.ts'
import { priceRoundedUp } from '../../src/domain/price-sheet.ts'
import type { Work } from '../../src/domain/receipt.ts'
import { atomic, type Bytes32, bytes32 } from '../../src/domain/units.ts'
import {
  type BatchEntry,
  batchMessage,
  batchSums,
  type SignedBatch,
} from '../../src/proofs/signed-batch.ts'
import {
  contributorKey,
  contributorOperator,
  finishedAt,
  gatewayKey,
  gatewayOperator,
  place,
  priceSheet,
  receipt,
  signReceipt,
  work,
} from './signed-receipt.ts'

export type BatchUsage = Pick<Work, 'promptTokens' | 'cachedPromptTokens' | 'completionTokens'> & {
  /** Atomic units that the gateway charged less than the sheet allows. */
  readonly discount?: bigint
}

export const batchSigner: BatchSigner = {
  contributor: contributorOperator,
  signingKey: contributorKey,
  formerKeys: [],
  place,
  gateway: gatewayOperator,
  gatewayKeys: [addressOfPrivateKey(gatewayKey)],
}

export const batchNowMs: number = (finishedAt + 3600) * 1000

/** Consecutive receipts of one channel, from number 7 on, each pointing back to the one before. */
export function consecutiveReceipts(usages: readonly BatchUsage[]): readonly ParsedReceipt[] {
  let { prevReceipt, cumulative } = { ...receipt, cumulative: 5000n }
  return usages.map(({ discount = 0n, ...tokens }, at) => {
    const cost = atomic(priceRoundedUp(priceSheet, tokens) - discount)
    cumulative += cost
    const signed = signReceipt({
      work: { ...tokens, jobId: wordOf(at + 1), finishedAt },
      receipt: {
        receiptId: wordOf(0x100 + at),
        channelSeq: receipt.channelSeq + at,
        gatewaySeq: receipt.gatewaySeq + at,
        cost,
        cumulative: atomic(cumulative),
        prevReceipt,
      },
    })
    prevReceipt = receiptDigest(receiptDomain(place), signed.receipt)
    return signed
  })
}

const wordOf = (value: number): Bytes32 => bytes32(`0x${value.toString(16).padStart(64, '0')}`)

/** `count` receipts of different sizes, every third charged a unit less than it may be. */
export const someUsages = (count: number): readonly BatchUsage[] =>
  Array.from({ length: count }, (_, at) => ({
    promptTokens: work.promptTokens + 37 * at,
    cachedPromptTokens: 100 * (at % 3),
    completionTokens: 1 + 53 * at,
    discount: at % 3 === 2 ? 1n : 0n,
  }))

export function signedBatchOf(usages: readonly BatchUsage[]): SignedBatch {
  const signed = signBatch(batchSigner, consecutiveReceipts(usages), batchNowMs)
  assert(signed.ok, 'the receipts of a test batch are signed')
  return signed.value
}

/** The batch with other entries, signed by the same key as if the contributor had said so. */
export function resignedBatch(batch: SignedBatch, entries: readonly BatchEntry[]): SignedBatch {
  const statement = { ...batch.statement, ...batchSums(batch.statement, entries) }
  const { sign } = openUsageSigner(batchSigner.signingKey)
  return { ...batch, statement, entries, signature: sign(batchMessage(statement, entries)) }
}
