import { err, ok, type Result } from '../base/result.ts'
import type { ReceiptRefusal } from '../domain/refusal.ts'
import { isRequestId, requestIdOf, requestIdOfAnswer } from '../domain/request-id.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import type { PaymentStep } from '../payment/payment-step.ts'

type Ledger = Pick<PaymentStep, 'requestRecord' | 'receiptOfAnswer' | 'heldOn'>

/** A receipt of this account, with its body and what is kept of its request. */
export type FoundReceipt = Readonly<
  Omit<NonNullable<Awaited<ReturnType<Ledger['requestRecord']>>>, 'body'> & { body: string }
>

const notFound = { reason: 'receipt_not_found' } as const

/**
 * A receipt by any of its names: its own id, its request's, or the one that stands in the answer. All but the first may be
 * known to others or guessed, so of other accounts they find nothing; a receipt's id is 20 random bytes beyond that, and
 * whoever has it may know whose it is not. `receipt_pending` where the answer is on its way, at whichever replica
 * (docs/decisions/0015-names-of-an-answer.md). Throws StoreFailure.
 */
export async function findReceipt(
  ledger: Ledger,
  channelId: Bytes32,
  name: string,
): Promise<Result<FoundReceipt, ReceiptRefusal>> {
  const requestId = await requestNamed(ledger, channelId, name)
  if (requestId === undefined) return err(notFound)
  const kept = await ledger.requestRecord(requestId)
  if (kept === undefined) return findAgain(ledger, channelId, { name, requestId })
  return judge(kept, channelId, name)
}

/** What an answer is called may be said of two on one channel, where its contributor says so: then the newest is meant. */
async function requestNamed(
  ledger: Ledger,
  channelId: Bytes32,
  name: string,
): Promise<string | undefined> {
  if (isBytes32(name)) return requestIdOf(bytes32(name))
  if (isRequestId(name)) return name
  const answered = await ledger.receiptOfAnswer(channelId, name)
  return answered === undefined ? requestIdOfAnswer(name) : requestIdOf(answered.receiptId)
}

/** A request that has no receipt is being answered, or got it between two looks, or has none. */
async function findAgain(
  ledger: Ledger,
  channelId: Bytes32,
  { name, requestId }: { readonly name: string; readonly requestId: string },
): Promise<Result<FoundReceipt, ReceiptRefusal>> {
  const heldOn = await ledger.heldOn(requestId)
  if (heldOn !== undefined) {
    return err(heldOn === channelId ? { reason: 'receipt_pending' } : notFound)
  }
  const kept = await ledger.requestRecord(requestId)
  return kept === undefined ? err(notFound) : judge(kept, channelId, name)
}

function judge(
  kept: Omit<FoundReceipt, 'body'> & { readonly body: string | undefined },
  channelId: Bytes32,
  name: string,
): Result<FoundReceipt, ReceiptRefusal> {
  const { body } = kept
  if (isBytes32(name) && bytes32(name) !== kept.receiptId) return err(notFound)
  if (kept.channelId !== channelId) {
    return err(isBytes32(name) ? { reason: 'receipt_foreign' } : notFound)
  }
  return body === undefined ? err({ reason: 'receipt_expired' }) : ok({ ...kept, body })
}
