import { parallelRequestsMax } from '../base/limits.ts'
import type { ChannelOffer } from '../domain/billing-terms.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type { PaymentQuote } from '../domain/x402-payment.ts'

/** A deposit of the recommended size pays for so many vouchers of the quoted amount. */
const vouchersPerDeposit = 4n

/**
 * What a client must sign for a request of this ceiling. Several at once are offered only while their sum stays below one
 * unit of the asset: x402's clients refuse to authorize a dollar or more by default.
 */
export function quotePayment(
  offer: ChannelOffer,
  request: { readonly ceilingAmount: AtomicAmount; readonly parallel: number },
): PaymentQuote {
  const { ceilingAmount } = request
  const belowOneUnit = 10n ** BigInt(offer.asset.decimals) - 1n
  const affordable = ceilingAmount === 0n ? parallelRequestsMax : belowOneUnit / ceilingAmount
  const parallel = Math.max(1, Math.min(request.parallel, Number(affordable)))
  const voucherAmount = atomic(ceilingAmount * BigInt(parallel))
  const several = voucherAmount * vouchersPerDeposit
  const depositAmount = several > offer.minimumDeposit ? atomic(several) : offer.minimumDeposit
  return { offer, ceilingAmount, parallel, voucherAmount, depositAmount }
}
