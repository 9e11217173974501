/*
 * The key with which a contributor signs batches for small proofs (circuits/circom): a key of Baby Jubjub, because a circuit of
 * 15,000 rows can check such a signature and one of secp256k1 would take a hundred times as many. It follows from the signing
 * key, so that there is nothing more to keep, and the signing key endorses it.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import { fromHex } from '../base/hex.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { signDigest } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import { usageKeyDigest } from '../chain/usage-key-typed-data.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'
import {
  type JubjubPoint,
  jubjubPointOf,
  type UsageSignature,
  usageChallenge,
  usageKeyHash,
  usageKeyOrder,
} from '../proofs/usage-signature.ts'

export type UsageSigner = {
  readonly key: JubjubPoint
  /** Poseidon of the key's coordinates. */
  readonly usageKey: Bytes32
  /** `message` is a field element. The same message always gets the same signature. */
  readonly sign: (message: bigint) => UsageSignature
  /** The signing key's EIP-712 statement that this key is the contributor's. */
  readonly endorse: (domain: DomainSeparator, contributor: Address) => Signature
}

const salt = 'vouch-usage-key/1'
const cofactor = 8n

/** Its arithmetic is of bigints and not of constant time: it runs where the signing key lies anyway, a few times a day. */
export function openUsageSigner(signingKey: PrivateKey): UsageSigner {
  const derived = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', fromHex(signingKey), salt, purpose, 64))
  const secret = scalarFrom(derived('secret'))
  const nonceKey = derived('nonce')
  const key = jubjubPointOf(secret)
  const usageKey = usageKeyHash(key)
  return {
    key,
    usageKey,
    sign: (message) => {
      // RFC 8032's habit: a nonce out of key and message can be told by nobody and never serves two messages.
      const digits = message.toString(16).padStart(64, '0')
      const nonceSecret = scalarFrom(createHmac('sha512', nonceKey).update(digits).digest())
      const nonce = jubjubPointOf(nonceSecret)
      const challenge = usageChallenge({ nonce, key }, message)
      const response = (nonceSecret + challenge * cofactor * secret) % usageKeyOrder
      return { nonce, response }
    },
    endorse: (domain, contributor) =>
      signDigest(usageKeyDigest(domain, { contributor, usageKey }), signingKey),
  }
}

/** From 1 to the order − 1; of 512 bits, so that no scalar is likelier than another. */
const scalarFrom = (bytes: Buffer): bigint =>
  (BigInt(`0x${bytes.toString('hex')}`) % (usageKeyOrder - 1n)) + 1n
