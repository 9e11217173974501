import { auditQueryDigest } from '../../src/chain/audit-typed-data.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import type { DomainSeparator } from '../../src/chain/typed-data.ts'
import { type Address, unixSeconds, unixSecondsOf } from '../../src/domain/units.ts'

/** The header with which an auditor asks, good for a minute. */
export function auditQuery(to: {
  readonly key: PrivateKey
  readonly gateway: Address
  readonly domain: DomainSeparator
  readonly validForS?: number
}): string {
  const { key, gateway, domain, validForS = 60 } = to
  const auditor = addressOfPrivateKey(key)
  const validUntil = unixSeconds(unixSecondsOf(Date.now()) + validForS)
  const digest = auditQueryDigest(domain, { gateway, auditor, validUntil })
  const json = JSON.stringify({ auditor, validUntil, signature: signDigest(digest, key) })
  return `Vouch ${Buffer.from(json).toString('base64url')}`
}
