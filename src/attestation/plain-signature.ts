import { ecdsaPartOf } from '../chain/batch-signature.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey, recoverSigner, signDigest } from '../chain/signatures.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import { signature } from '../domain/units.ts'
import { digestOfDocument } from './seal-receipt.ts'

/**
 * A sealed receipt, as JSON, signed alone where it shares its signature with others: circuits check a signature of 65 bytes and
 * no tree. The same receipt under the same key, and so no contradiction of what was sealed. One of a key that this gateway had
 * before stays as it is: the new one did not speak for it then.
 */
export function plainlySigned(receipt: string, privateKey: PrivateKey): string {
  const document = JSON.parse(receipt) as ReceiptDocument
  const digest = digestOfDocument(document)
  const ecdsa = ecdsaPartOf(digest, signature(document.gatewaySignature))
  if (ecdsa === undefined || ecdsa.digest === digest) return receipt
  const signer = recoverSigner(ecdsa.digest, ecdsa.signature)
  if (signer !== addressOfPrivateKey(privateKey)) return receipt
  return JSON.stringify({ ...document, gatewaySignature: signDigest(digest, privateKey) })
}
