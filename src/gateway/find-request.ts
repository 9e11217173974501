import { err, ok, type Result } from '../base/result.ts'
import { workStatus } from '../domain/receipt.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import type { Refusal } from '../domain/refusal.ts'
import { requestIdOf } from '../domain/request-id.ts'
import type { RequestRecord } from '../domain/request-record.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import type { Gateway } from './gateway.ts'

/** What became of one request. */
export type FoundRequest = {
  readonly requestId: string
  readonly status: 'ok' | 'aborted' | 'failed' | 'refused'
  readonly record: RequestRecord
  /** Undefined where no money moved. */
  readonly receipt: { readonly document: ReceiptDocument; readonly digest: Bytes32 } | undefined
}

const notFound = { reason: 'request_not_found' } as const

/**
 * A request of this channel by its own id or its receipt's. The ledger is asked first: whatever this process believes of a
 * request, a receipt says what became of it.
 */
export async function findRequest(
  gateway: Pick<Gateway, 'payment' | 'unserved'>,
  channelId: Bytes32,
  id: string,
): Promise<Result<FoundRequest, Refusal>> {
  const requestId = isBytes32(id) ? requestIdOf(bytes32(id)) : id
  try {
    const stored = await gateway.payment.requestRecord(requestId)
    if (stored?.body !== undefined && stored.record !== undefined) {
      const document = JSON.parse(stored.body) as ReceiptDocument
      const isMeant = id === requestId || id === document.receipt.receiptId
      if (stored.channelId !== channelId || !isMeant) return err(notFound)
      const record = JSON.parse(stored.record) as RequestRecord
      const status = statuses[document.receipt.work.status]
      const receipt = { document, digest: stored.digest }
      return ok({ requestId, status, record, receipt })
    }
  } catch (error) {
    if (isStoreFailure(error)) return err({ reason: 'store_unavailable' })
    throw error
  }
  const unserved = id === requestId ? gateway.unserved.find(requestId) : undefined
  if (unserved?.channelId !== channelId) return err(notFound)
  const { status, record } = unserved
  return ok({ requestId, status, record, receipt: undefined })
}

const statuses = {
  [workStatus.complete]: 'ok',
  [workStatus.clientDisconnected]: 'aborted',
  [workStatus.upstreamFailed]: 'failed',
  [workStatus.truncatedByBudget]: 'ok',
} as const
