/*
 * What anybody may ask of the transparency log, and what a payer may ask of a receipt's place in it.
 */
import { err, ok, type Result } from '../base/result.ts'
import type {
  ConsistencyDocument,
  InclusionProofDocument,
  LogHeadDocument,
  TransparencyLogDocument,
} from '../domain/log-documents.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Payer } from '../domain/request.ts'
import type { Bytes32 } from '../domain/units.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import type { LogPublisher } from '../transparency/log-publisher.ts'
import type { LogReader } from '../transparency/log-reader.ts'
import { findReceipt } from './find-receipt.ts'

/** Without its number only the newest batches are looked through. */
type KnownReceipt = { readonly digest: Bytes32; readonly gatewaySeq: number | undefined }

type Answered<T> = Promise<Result<T, Refusal>>

export type TransparencyDoor = {
  readonly log: () => Answered<TransparencyLogDocument>
  readonly batch: (batch: number) => Answered<LogHeadDocument>
  /** JSON Lines. */
  readonly entries: (batch: number) => Answered<string>
  readonly consistency: (range: {
    readonly from: number
    readonly to: number
  }) => Answered<ConsistencyDocument>
  /** For whoever knows a receipt. */
  readonly proof: (receipt: KnownReceipt) => Answered<InclusionProofDocument>
  /** For its payer, by any of the receipt's names. */
  readonly proofOf: (payer: Payer, name: string) => Answered<InclusionProofDocument>
}

/** What is so of the log beside its batches. */
export type LogFacts = Omit<
  TransparencyLogDocument,
  'object' | 'batches' | 'anchoredBatches' | 'promiseS' | 'isPromising' | 'head'
>

export type TransparencyDoorDeps = {
  readonly reader: LogReader
  readonly facts: LogFacts
  readonly policy: { readonly batchS: number; readonly promiseS: number }
  readonly standing: LogPublisher['report']
  readonly payment: Parameters<typeof findReceipt>[0]
}

export function createTransparencyDoor(deps: TransparencyDoorDeps): TransparencyDoor {
  const { reader, facts, policy, standing, payment } = deps
  const proof = async ({ digest, gatewaySeq }: KnownReceipt): Answered<InclusionProofDocument> => {
    const found =
      gatewaySeq === undefined
        ? await reader.proofOfRecent(digest)
        : await reader.proof({ digest, gatewaySeq })
    return orRefused(found, { reason: 'receipt_not_logged' })
  }
  return {
    log: () =>
      told(async () => {
        const head = (await reader.newest()) ?? null
        const batches = head === null ? 0 : head.head.batch + 1
        const { anchored, verdict } = standing()
        const { promiseS } = policy
        const counted = { batches, anchoredBatches: Math.min(anchored, batches) }
        return ok({
          object: 'vouch.transparency_log',
          ...facts,
          ...counted,
          promiseS,
          isPromising: verdict === 'promising',
          head,
        })
      }),
    batch: (batch) => told(async () => orRefused(ok(await reader.batch(batch)), noBatch(batch))),
    entries: (batch) => told(async () => orRefused(await reader.entries(batch), noBatch(batch))),
    consistency: (range) =>
      told(async () => {
        const shown = await reader.consistency(range)
        return shown.ok ? shown : err({ reason: 'log_range_invalid', detail: shown.error })
      }),
    proof: (receipt) => told(() => proof(receipt)),
    proofOf: (payer, name) =>
      told(async () => {
        const receipt = await findReceipt(payment, payer.channelId, name)
        if (!receipt.ok) return receipt
        const found = await reader.proof(receipt.value)
        // It has a number, so that it is in the log or will be.
        const waits = { reason: 'receipt_not_logged_yet', dueInS: policy.batchS } as const
        return orRefused(found, waits)
      }),
  }
}

const noBatch = (batch: number): Refusal => ({
  reason: 'log_batch_not_found',
  batch: String(batch),
})

function orRefused<T>(found: Result<T | undefined, 'busy'>, absent: Refusal): Result<T, Refusal> {
  if (!found.ok) return err({ reason: 'overloaded' })
  return found.value === undefined ? err(absent) : ok(found.value)
}

async function told<T>(ask: () => Answered<T>): Answered<T> {
  try {
    return await ask()
  } catch (error) {
    if (isStoreFailure(error)) return err({ reason: 'store_unavailable' })
    throw error
  }
}
