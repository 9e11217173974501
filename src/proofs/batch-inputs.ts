import { batchPublicInputs, batchReceiptsMax } from './batch-statement.ts'
import type { BatchEntry, SignedBatch } from './signed-batch.ts'
import { digestHalves } from './signed-batch.ts'

/** By the names of the circuit's input signals, numbers as decimal text. */
export type BatchInputs = Readonly<Record<string, string | readonly string[]>>

/** What the prover of circuits/circom/batch16 is given: the batch and, behind its last receipt, padding of zeros. */
export function batchInputs({ statement, entries, key, signature }: SignedBatch): BatchInputs {
  const [context, usageKey, packedPrices, packedSums] = batchPublicInputs(statement).map(decimal)
  const column = (read: (entry: BatchEntry) => bigint | number): readonly string[] =>
    Array.from({ length: batchReceiptsMax }, (_, at) => {
      const entry = entries[at]
      return entry === undefined ? '0' : decimal(read(entry))
    })
  const { priceSheet } = statement
  return {
    context: context ?? '',
    usageKey: usageKey ?? '',
    packedPrices: packedPrices ?? '',
    packedSums: packedSums ?? '',
    prices: [
      decimal(priceSheet.promptAtomicPerMtok),
      decimal(priceSheet.cachedPromptAtomicPerMtok),
      decimal(priceSheet.completionAtomicPerMtok),
    ],
    firstSeq: decimal(statement.firstSeq),
    active: column(() => 1),
    digestHigh: column(({ receiptDigest }) => digestHalves(receiptDigest)[0]),
    digestLow: column(({ receiptDigest }) => digestHalves(receiptDigest)[1]),
    uncached: column(({ promptTokens, cachedPromptTokens }) => promptTokens - cachedPromptTokens),
    cached: column(({ cachedPromptTokens }) => cachedPromptTokens),
    completion: column(({ completionTokens }) => completionTokens),
    cost: column(({ cost }) => cost),
    keyX: decimal(key.x),
    keyY: decimal(key.y),
    nonceX: decimal(signature.nonce.x),
    nonceY: decimal(signature.nonce.y),
    response: decimal(signature.response),
  }
}

const decimal = (value: bigint | number | string): string => BigInt(value).toString()
