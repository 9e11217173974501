import { auditVerdictDigest } from '../../src/chain/audit-typed-data.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { type AuditVerdict, auditMethod } from '../../src/domain/audit.ts'
import { address, bytes32, unixSeconds } from '../../src/domain/units.ts'
import type { KeptVerdict } from '../../src/store/verdict-store.ts'

export const auditedDomain = receiptDomain({
  chainId: 31_337,
  verifyingContract: address(`0x${'7'.repeat(40)}`),
})

/** Of a window that passed, with everything in it that a test does not say. */
export const verdictOf = (said: Partial<AuditVerdict> = {}): AuditVerdict => ({
  gateway: address(`0x${'a'.repeat(40)}`),
  auditor: address(`0x${'b'.repeat(40)}`),
  contributor: address(`0x${'c'.repeat(40)}`),
  modelId: bytes32(`0x${'d'.repeat(64)}`),
  firstSeq: 1,
  lastSeq: 400,
  samples: 8,
  canaries: 2,
  unopened: 1,
  tokens: 5_000,
  matchedTokens: 4_990,
  scorePpm: 998_000,
  method: auditMethod.tokenStatistics,
  passed: true,
  reportHash: bytes32(`0x${'e'.repeat(64)}`),
  issuedAt: unixSeconds(1_750_000_000),
  ...said,
})

/** As an auditor with this key reports it. */
export function signedVerdict(
  key: PrivateKey,
  said: Partial<AuditVerdict> = {},
  domain = auditedDomain,
): KeptVerdict {
  const verdict = verdictOf({ auditor: addressOfPrivateKey(key), ...said })
  const digest = auditVerdictDigest(domain, verdict)
  return { verdict, digest, signature: signDigest(digest, key) }
}
