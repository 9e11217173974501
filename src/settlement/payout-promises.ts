import { voucherDigest } from '../chain/channel-typed-data.ts'
import { recoverSigner, signDigest } from '../chain/signatures.ts'
import { type Payout, promisable } from '../domain/payout-ledger.ts'
import type { ShownVoucher } from '../domain/payout-voucher.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { PayoutTerms } from './payout-terms.ts'

type Promises = {
  readonly terms: PayoutTerms
  readonly ledger: Pick<LedgerStore, 'payout' | 'payouts' | 'promisePayout' | 'recoverPromise'>
}

/**
 * Signs one voucher for each contributor that has earned something since its last, for all of it as far as its escrow
 * reaches. Each is durable before it is answered: what leaves the house is never more than what we know to have promised.
 */
export async function promiseEarnings({ terms, ledger }: Promises): Promise<readonly Payout[]> {
  const promised: Payout[] = []
  for (const payout of await ledger.payouts()) {
    const amount = promisable(payout)
    if (!isOurs(terms, payout) || amount <= payout.promisedAmount) continue
    const { payoutId } = payout
    const digest = voucherDigest(terms.domain, { channelId: payoutId, maxClaimableAmount: amount })
    const signature = signDigest(digest, terms.voucherKey)
    promised.push(await ledger.promisePayout({ payoutId, amount, signature }))
  }
  return promised
}

/** A channel of another chain or token, or of a voucher key that was replaced, is not ours to sign on. */
const isOurs = (
  { chainId, token, voucherSigner }: PayoutTerms,
  { chainId: payoutChainId, config }: Payout,
): boolean =>
  payoutChainId === chainId && config.token === token && config.payerAuthorizer === voucherSigner

export type ShownRefusal =
  | 'payout_not_found'
  | 'voucher_signature_invalid'
  /** The treasury has taken back what this voucher was for. */
  | 'voucher_above_balance'

/**
 * Takes back into the book what a contributor shows and we signed: a book that was lost is as it was promised. A lower
 * voucher than the known one changes nothing.
 */
export async function recoverShown(
  { terms, ledger }: Promises,
  shown: ShownVoucher,
): Promise<Payout | ShownRefusal> {
  const payout = await ledger.payout(shown.channelId)
  const isHere = payout?.chainId === terms.chainId && payout.config.token === terms.token
  if (payout === undefined || !isHere) return 'payout_not_found'
  const { maxClaimableAmount: amount, signature } = shown
  if (amount <= payout.promisedAmount) return payout
  if (recoverSigner(voucherDigest(terms.domain, shown), signature) !== terms.voucherSigner) {
    return 'voucher_signature_invalid'
  }
  if (amount > payout.balance) return 'voucher_above_balance'
  return ledger.recoverPromise({ payoutId: shown.channelId, amount, signature })
}
