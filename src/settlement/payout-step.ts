/*
 * What contributors ask and show over HTTP. Answers tell a contributor's earnings, so the question is signed; a voucher that
 * is shown carries our own signature, which only the contributor has.
 */
import { voucherQueryAheadSMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type VoucherQuery, voucherQueryDigest } from '../chain/payout-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { SigningIdentity } from '../domain/contributor.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import type { ShownVoucher } from '../domain/payout-voucher.ts'
import type { GatewayRefusal, PayoutRefusal, VoucherRefusal } from '../domain/refusal.ts'
import { type Address, address, isAddress, isHex, signature, unixSeconds } from '../domain/units.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import type { PayContributors } from './pay-contributors.ts'

type Answered = Promise<Result<Payout, PayoutRefusal | VoucherRefusal | GatewayRefusal>>

export type PayoutStep = {
  /** The book of the contributor that sent `Authorization: Vouch …`. */
  readonly payout: (authorization: string | undefined) => Answered
  /** Takes a voucher of ours, which this gateway may have forgotten. Answers the book with it. */
  readonly show: (voucher: ShownVoucher) => Answered
}

/** Of a gateway that pays nobody by channel. */
export const noPayoutStep: PayoutStep = {
  payout: async () => err({ reason: 'payout_not_found' }),
  show: async () => err({ reason: 'payout_not_found' }),
}

export function createPayoutStep(deps: {
  readonly paying: Pick<PayContributors, 'payoutOf' | 'show'>
  readonly gateway: Address
  /** Who may ask: contributors that sign, and wallets that lent a key, as of now. */
  readonly identities: () => readonly SigningIdentity[]
  /** EIP-712 domain of the ContributorRegistry. */
  readonly domain: DomainSeparator
  readonly nowMs: () => number
}): PayoutStep {
  const { paying } = deps
  return {
    payout: async (authorization) => {
      const contributor = askingContributor(deps, authorization)
      if (contributor === undefined) return err({ reason: 'payout_query_invalid' })
      const payout = await paying.payoutOf(contributor)
      return payout === undefined ? err({ reason: 'payout_not_found' }) : ok(payout)
    },
    show: async (voucher) => {
      try {
        const shown = await paying.show(voucher)
        if (typeof shown !== 'string') return ok(shown)
        if (shown !== 'voucher_above_balance') return err({ reason: shown })
        return err({ reason: shown, balance: voucher.maxClaimableAmount })
      } catch (error) {
        if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
        throw error
      }
    },
  }
}

/** Who signed the query: an operator account itself, or one of its signing keys. */
function askingContributor(
  deps: Parameters<typeof createPayoutStep>[0],
  authorization: string | undefined,
): Address | undefined {
  const query = readQuery(authorization ?? '')
  if (query === undefined) return undefined
  const leftS = query.validUntil - deps.nowMs() / 1000
  if (leftS <= 0 || leftS > voucherQueryAheadSMax) return undefined
  const digest = voucherQueryDigest(deps.domain, { ...query, gateway: deps.gateway })
  const signer = recoverSigner(digest, query.signature)
  const identity = deps.identities().find(({ operator }) => operator === query.contributor)
  if (signer === undefined || identity === undefined) return undefined
  const mayAsk = signer === identity.operator || identity.signingAddresses.includes(signer)
  return mayAsk ? identity.operator : undefined
}

/** `Vouch <base64url(JSON)>`, JSON = `{contributor, validUntil, signature}`. */
function readQuery(
  authorization: string,
): (Omit<VoucherQuery, 'gateway'> & Pick<ShownVoucher, 'signature'>) | undefined {
  const [, encoded] = /^Vouch +([\w-]{1,1024})$/i.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  try {
    const json: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    const { contributor, validUntil, signature: signed } = json as Readonly<Record<string, unknown>>
    if (!isAddress(contributor) || !isHex(signed) || !Number.isSafeInteger(validUntil)) {
      return undefined
    }
    return {
      contributor: address(contributor),
      validUntil: unixSeconds(Math.max(0, Number(validUntil))),
      signature: signature(signed),
    }
  } catch {
    return undefined
  }
}
