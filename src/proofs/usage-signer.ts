import { err, ok, type Result } from '../base/result.ts'
import { workDigest } from '../chain/receipt-typed-data.ts'
import { recoverPublicKey } from '../chain/signatures.ts'
import { noSignature, type UnixSeconds, zeroAddress } from '../domain/units.ts'
import type { PricedReceipt, UsageTerms } from './usage-range.ts'
import { refuseUsage, type UsageRefusal } from './usage-refusal.ts'
import type { UsageSigner } from './usage-statement.ts'

/** Who signed one Work, and when. */
export type WorkSigner = Pick<UsageSigner, 'contributor' | 'publicKey'> & {
  readonly finishedAt: UnixSeconds
}

/** Digits of 65 bytes with `0x`: what a key of secp256k1 makes. */
const keySignatureLength = 132

/**
 * Who signed the Work; undefined for nobody, where that is allowed. A signature that is there but is none of a key is always
 * refused: to count it as absent would hide that something is wrong.
 */
export function readSigner(
  { receipt, contributorSignature }: PricedReceipt,
  { domain, allowUnsigned }: UsageTerms,
): Result<WorkSigner | undefined, UsageRefusal> {
  const { work } = receipt
  if (contributorSignature === noSignature) {
    if (allowUnsigned) return ok(undefined)
    return err(refuseUsage('work_unsigned', receipt, 'no contributor signed its Work'))
  }
  if (contributorSignature.length !== keySignatureLength) {
    const detail = 'its Work is signed by a contract (ERC-1271), which only its chain can judge'
    return err(refuseUsage('signed_by_contract', receipt, detail))
  }
  const publicKey = recoverPublicKey(workDigest(domain, work), contributorSignature)
  if (publicKey === undefined || work.contributor === zeroAddress) {
    const detail = 'the signature of its Work is not canonical, or names no contributor'
    return err(refuseUsage('signature_malformed', receipt, detail))
  }
  return ok({ contributor: work.contributor, publicKey, finishedAt: work.finishedAt })
}
