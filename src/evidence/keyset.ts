/*
 * `GET /v1/keyset`: every key of a gateway in one document that its registered key endorses, so that whoever knows the
 * registry knows them all; and in words what each tier of a receipt proves, and what it does not.
 */
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { hexOf } from '../base/hex.ts'
import { sha256Hex } from '../base/sha256.ts'
import { keysetDigest } from '../chain/keyset-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { tierClaims } from '../domain/tier-claims.ts'
import { bytes32 } from '../domain/units.ts'
import type { AciKeyset, GatewayIdentity } from './aci-keyset.ts'
import type { KeyRing } from './key-ring.ts'

export type KeysetDocument = Readonly<Record<string, Json>>

export function keysetDocument(
  keys: KeyRing,
  identity: GatewayIdentity,
  aci: AciKeyset,
): KeysetDocument {
  const { operator, chainId, receiptVerifier } = identity
  const unsigned = {
    object: 'vouch.keyset',
    gateway: operator,
    chain_id: chainId,
    receipt_verifier: receiptVerifier,
    valid_from: aci.validFrom,
    valid_until: aci.validUntil,
    keys: keysOf(keys, aci),
    aci: { workload_id: aci.workloadId, workload_keyset_digest: aci.digest },
    tiers: tierClaims.map(({ bit, name, proves, doesNotProve }) => ({
      bit,
      name,
      proves,
      does_not_prove: doesNotProve,
    })),
  }
  const keysetHash = bytes32(hexOf(sha256Hex(canonicalJson(unsigned))))
  const domain = receiptDomain({ chainId, verifyingContract: receiptVerifier })
  const digest = keysetDigest(domain, { gateway: operator, keysetHash, validUntil: aci.validUntil })
  return {
    ...unsigned,
    endorsement: {
      type: 'Keyset(address gateway,bytes32 keysetHash,uint64 validUntil)',
      keyset_hash: keysetHash,
      signer: keys.registered.address,
      signature: keys.registered.signDigest(digest),
    },
  }
}

/** The registered key is valid as the registry says; the others as long as this document. */
function keysOf(keys: KeyRing, { keyset }: AciKeyset): readonly Readonly<Record<string, Json>>[] {
  const { registered, convention, aciReceipt, identity } = keys
  return [
    {
      role: 'registered',
      algorithm: 'secp256k1',
      public_key: registered.publicKey,
      address: registered.address,
      signs:
        'receipts and heads of the log (EIP-712), answers by the signature convention (EIP-191), this document',
    },
    {
      role: 'convention',
      algorithm: 'ed25519',
      public_key: convention.publicKey,
      signs: 'answers by the signature convention (signing_algo=ed25519)',
    },
    {
      role: 'aci-receipt',
      algorithm: 'ed25519',
      key_id: keyset.receipt_signing_keys[0]?.key_id ?? '',
      public_key: aciReceipt.publicKey,
      signs: 'ACI receipts',
    },
    {
      role: 'identity',
      algorithm: 'ed25519',
      public_key: identity.publicKey,
      signs: 'ACI keysets',
    },
  ]
}
