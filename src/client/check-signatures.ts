import { tier } from '../domain/receipt.ts'
import { type Address, zeroAddress } from '../domain/units.ts'
import { type CheckLine, type CheckName, fails, holds, unknown } from './check-line.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import type { Signer, Signers } from './recover-signers.ts'
import type { KnownKey, TrustAnchors } from './trust-anchors.ts'

export const claimsContributor = ({ receipt }: ParsedReceipt): boolean =>
  (receipt.tiers & tier.contributorSigned) !== 0

/**
 * The domain is part of what is signed, but its name and version are constants: a document may not
 * say otherwise.
 */
export function checkDomain({ domain }: ParsedReceipt): CheckLine {
  const { name, version, chainId, verifyingContract } = domain
  return name === 'Vouch Receipts' && version === '1'
    ? holds('domain', `signed for the verifier ${verifyingContract} on chain ${chainId}`)
    : fails('domain', `"${name}" version "${version}" instead of "Vouch Receipts" version "1"`)
}

/** Whether the signatures are such at all, and whose. */
export function checkSignatures(parsed: ParsedReceipt, signers: Signers): readonly CheckLine[] {
  const gatewayLine = judgeSignature('gateway-signature', signers.gateway, {
    subject: `the receipt, digest ${signers.receiptDigest}`,
  })
  return [gatewayLine, checkContributorSignature(parsed, signers)]
}

function checkContributorSignature(parsed: ParsedReceipt, signers: Signers): CheckLine {
  const check = 'contributor-signature'
  const { contributor } = parsed.receipt.work
  if (claimsContributor(parsed)) {
    return contributor === zeroAddress
      ? fails(check, 'tier 2 is claimed, but no contributor is named')
      : judgeSignature(check, signers.contributor, {
          subject: `the work, digest ${signers.workDigest}`,
        })
  }
  if (signers.contributor.kind !== 'absent') {
    return fails(check, 'there is one, though the receipt does not claim it (tier 2)')
  }
  return holds(
    check,
    contributor === zeroAddress
      ? 'none, as the receipt says: whoever computed the answer cannot sign'
      : `none, as the receipt says: it names ${contributor} on the gateway's word alone`,
  )
}

function judgeSignature(
  check: CheckName,
  signer: Signer,
  { subject }: { readonly subject: string },
): CheckLine {
  switch (signer.kind) {
    case 'key':
      return holds(check, `key ${signer.address} signed ${subject}`)
    case 'wallet':
      return unknown(check, `only the contract wallet ${signer.address} can judge it: add --rpc`)
    case 'absent':
      return fails(check, 'it is missing')
    case 'invalid':
      return fails(check, signer.fault)
  }
}

/**
 * Whether the keys that signed belong to the operators that the receipt names, by what is known
 * here. This is the decisive check: a changed field does not break a signature, it makes it another
 * key's.
 */
export function checkKnownKeys(
  parsed: ParsedReceipt,
  signers: Signers,
  anchors: TrustAnchors,
): readonly CheckLine[] {
  const { gateway, contributor } = parsed.receipt.work
  const gatewayLine = judgeKey('gateway-key', signers.gateway, {
    role: 'gateway',
    operator: gateway,
    known: anchors.gatewayKeys,
  })
  if (!claimsContributor(parsed)) return [gatewayLine]
  const contributorLine = judgeKey('contributor-key', signers.contributor, {
    role: 'contributor',
    operator: contributor,
    known: anchors.contributorKeys,
  })
  return [gatewayLine, contributorLine]
}

/** Whether one of them is known to speak for its operator. */
export function judgeKey(
  check: CheckName,
  signer: Signer,
  expected: {
    readonly role: 'gateway' | 'contributor'
    readonly operator: Address
    readonly known: readonly KnownKey[]
  },
): CheckLine {
  const { role, operator, known } = expected
  if (signer.kind === 'absent' || signer.kind === 'invalid') {
    return fails(check, 'no valid signature, so no key')
  }
  if (known.length === 0) {
    return unknown(
      check,
      `nobody but the receipt says that ${signer.address} signs for the ${role} ${operator}: ` +
        `give --${role}-key, --trust, or --rpc`,
    )
  }
  const ofOperator = known.filter((one) => one.operator === undefined || one.operator === operator)
  if (ofOperator.some(({ key }) => key === signer.address)) {
    return holds(check, `${signer.address} is a key that you trust for the ${role} ${operator}`)
  }
  if (ofOperator.length === 0 && role === 'contributor') {
    // Contributors join and leave; a list that was made before says nothing of a later one.
    return unknown(
      check,
      `the contributor ${operator} is not among those that you listed: add --rpc`,
    )
  }
  return fails(
    check,
    ofOperator.length === 0
      ? `the ${role} ${operator} is none that you trust`
      : `${signer.address} is no key that you trust for the ${role} ${operator}: ` +
          'a field or the signature was changed, or another key signed',
  )
}
