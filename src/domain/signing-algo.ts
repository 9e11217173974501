/** How a text of the field's convention is signed: EIP-191 with the registered key, or RFC 8032. */
export type SigningAlgo = 'ecdsa' | 'ed25519'

/** As a query or a header names it, in any case; undefined for another. */
export function parseSigningAlgo(text: string): SigningAlgo | undefined {
  const name = text.toLowerCase()
  return name === 'ecdsa' || name === 'ed25519' ? name : undefined
}
