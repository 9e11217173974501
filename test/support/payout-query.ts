import { contributorDomain, voucherQueryDigest } from '../../src/chain/payout-typed-data.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { type Address, unixSeconds, unixSecondsOf } from '../../src/domain/units.ts'

/** `Authorization` with which a contributor, or a lender, asks a gateway for its voucher. */
export function voucherQueryOf(of: {
  readonly chainId: number
  readonly contributorRegistry: Address
  readonly gateway: Address
  readonly contributor: Address
  readonly signingKey: PrivateKey
}): string {
  const { chainId, contributorRegistry, gateway, contributor, signingKey } = of
  const domain = contributorDomain({ chainId, verifyingContract: contributorRegistry })
  const validUntil = unixSeconds(unixSecondsOf(Date.now()) + 120)
  const digest = voucherQueryDigest(domain, { contributor, gateway, validUntil })
  const query = { contributor, validUntil, signature: signDigest(digest, signingKey) }
  return `Vouch ${Buffer.from(JSON.stringify(query)).toString('base64url')}`
}
