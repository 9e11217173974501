import { err, ok, type Result } from '../base/result.ts'
import { workStatus } from '../domain/receipt.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import type { Refusal } from '../domain/refusal.ts'
import { requestIdOf, requestIdOfAnswer } from '../domain/request-id.ts'
import type { RequestRecord } from '../domain/request-record.ts'
import type { Bytes32 } from '../domain/units.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import { type FoundReceipt, findReceipt } from './find-receipt.ts'
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
 * A request of this channel by any of its names. The ledger is asked first: whatever this process believes of a request, a
 * receipt says what became of it.
 */
export async function findRequest(
  { payment, unserved }: Pick<Gateway, 'payment' | 'unserved'>,
  channelId: Bytes32,
  name: string,
): Promise<Result<FoundRequest, Refusal>> {
  try {
    const found = await findReceipt(payment, channelId, name)
    if (found.ok) return withReceipt(found.value)
    if (found.error.reason !== 'receipt_not_found') return found
  } catch (error) {
    if (isStoreFailure(error)) return err({ reason: 'store_unavailable' })
    throw error
  }
  const requestId = requestIdOfAnswer(name) ?? name
  const request = unserved.find(requestId)
  if (request?.channelId !== channelId) return err(notFound)
  const { status, record } = request
  return ok({ requestId, status, record, receipt: undefined })
}

function withReceipt({
  body,
  digest,
  record,
  receiptId,
}: FoundReceipt): Result<FoundRequest, Refusal> {
  // Of a ledger from before records were kept.
  if (record === undefined) return err(notFound)
  const document = JSON.parse(body) as ReceiptDocument
  return ok({
    requestId: requestIdOf(receiptId),
    status: statuses[document.receipt.work.status],
    record: JSON.parse(record) as RequestRecord,
    receipt: { document, digest },
  })
}

const statuses = {
  [workStatus.complete]: 'ok',
  [workStatus.clientDisconnected]: 'aborted',
  [workStatus.upstreamFailed]: 'failed',
  [workStatus.truncatedByBudget]: 'ok',
} as const
