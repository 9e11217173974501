/*
 * Every key that a gateway signs with. There is one secret, the registered secp256k1 key; the Ed25519 keys follow from it by
 * HKDF-SHA256 (RFC 5869), so that replicas agree on them without configuration. Whoever has one derived key has no other.
 */
import { createECDH, createPrivateKey, createPublicKey, hkdfSync, sign } from 'node:crypto'
import { fromHex } from '../base/hex.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../chain/signatures.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'

export type Ed25519Key = {
  /** 32 bytes as 64 lower-case hex digits, no prefix. */
  readonly publicKey: string
  /** RFC 8032 signature of the UTF-8 bytes: 128 lower-case hex digits, no prefix. The same text gives the same signature. */
  readonly sign: (text: string) => string
}

export type KeyRing = {
  /** The registered key: receipts (EIP-712), texts of the convention (EIP-191), the keyset. */
  readonly registered: {
    readonly address: Address
    /** The uncompressed key, 0x04 and 64 bytes, as 130 lower-case hex digits. */
    readonly publicKey: string
    readonly signDigest: (digest: Bytes32) => Signature
  }
  /** Signs nothing but texts of the convention. */
  readonly convention: Ed25519Key
  /** Signs nothing but ACI receipts: the specification separates keys by role, and its receipts name no purpose. */
  readonly aciReceipt: Ed25519Key
  /** Signs nothing but keysets. */
  readonly identity: Ed25519Key
}

const salt = 'vouch/gateway-keys/1'
const infoOf = {
  convention: 'ed25519/convention',
  aciReceipt: 'ed25519/aci-receipt',
  identity: 'ed25519/identity',
} as const

/** What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

export function openKeyRing(signingKey: PrivateKey): KeyRing {
  const derived = (role: keyof typeof infoOf) =>
    ed25519Key(Buffer.from(hkdfSync('sha256', fromHex(signingKey), salt, infoOf[role], 32)))
  return {
    registered: {
      address: addressOfPrivateKey(signingKey),
      publicKey: secp256k1PublicKey(signingKey),
      signDigest: (digest) => signDigest(digest, signingKey),
    },
    convention: derived('convention'),
    aciReceipt: derived('aciReceipt'),
    identity: derived('identity'),
  }
}

function secp256k1PublicKey(privateKey: PrivateKey): string {
  const pair = createECDH('secp256k1')
  pair.setPrivateKey(fromHex(privateKey))
  return pair.getPublicKey('hex', 'uncompressed')
}

/** `seed` is the 32 bytes that RFC 8032 calls the private key. */
export function ed25519Key(seed: Uint8Array): Ed25519Key {
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  // A public key in SPKI ends with its 32 bytes (RFC 8410, section 4).
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: spki.subarray(-32).toString('hex'),
    sign: (text) => sign(null, Buffer.from(text), key).toString('hex'),
  }
}
