import { fromHex } from '../base/hex.ts'
import { ecdsaPartOf } from '../chain/batch-signature.ts'
import { receiptDigest, receiptDomain, workDigest } from '../chain/receipt-typed-data.ts'
import { parseSignature, recoverSigner } from '../chain/signatures.ts'
import { type Address, address, type Bytes32, type Signature } from '../domain/units.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

/**
 * Whose signature a signature says it is. That the signer may speak for an operator is another
 * question.
 */
export type Signer =
  | { readonly kind: 'key'; readonly address: Address }
  /** An ERC-1271 contract, which alone can judge its signature. */
  | { readonly kind: 'wallet'; readonly address: Address }
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly fault: string }

export type Signers = {
  /** EIP-712 digest of the Receipt: its identity. */
  readonly receiptDigest: Bytes32
  readonly workDigest: Bytes32
  readonly gateway: Signer
  readonly contributor: Signer
}

const addressBytes = 20

/** Computes both digests again from the fields and recovers who signed them. */
export function recoverSigners(parsed: ParsedReceipt): Signers {
  const domain = receiptDomain(parsed.domain)
  const digest = receiptDigest(domain, parsed.receipt)
  const innerDigest = workDigest(domain, parsed.receipt.work)
  return {
    receiptDigest: digest,
    workDigest: innerDigest,
    gateway: readSigner(digest, parsed.gatewaySignature),
    contributor: readSigner(innerDigest, parsed.contributorSignature),
  }
}

/**
 * The same reading of a signature's bytes as OperatorSignature.sol: 65 bytes are ECDSA, those with siblings behind them
 * ECDSA over a batch, other lengths name a wallet.
 */
export function readSigner(digest: Bytes32, signature: Signature): Signer {
  const { length } = fromHex(signature)
  if (length === 0) return { kind: 'absent' }
  const ecdsa = ecdsaPartOf(digest, signature)
  if (ecdsa !== undefined) {
    const signer = recoverSigner(ecdsa.digest, ecdsa.signature)
    return signer === undefined
      ? { kind: 'invalid', fault: describeFault(ecdsa.signature) }
      : { kind: 'key', address: signer }
  }
  if (length < addressBytes) {
    return { kind: 'invalid', fault: `it has ${length} bytes instead of 65` }
  }
  return { kind: 'wallet', address: address(signature.slice(0, 2 + 2 * addressBytes)) }
}

function describeFault(signature: Signature): string {
  const canonical = parseSignature(signature)
  if (!canonical.ok) return `${canonical.error.replaceAll('_', ' ')}`
  return canonical.value === signature
    ? 'no key gives this signature'
    : 'it is not in the one accepted form (s in the lower half, v 27 or 28)'
}
