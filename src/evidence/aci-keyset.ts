/*
 * Who a gateway is in ACI (`aci/1`, sections 3.1 and 3.2): the keys that it lists, for how long, and what a quote of a TEE
 * binds of them. The keyset follows from the keys and the time alone, so that replicas list the same one.
 */
import { canonicalJson } from '../base/canonical-json.ts'
import { sha256Hex } from '../base/sha256.ts'
import { type Address, type UnixSeconds, unixSeconds } from '../domain/units.ts'
import type { KeyRing } from './key-ring.ts'

export const aciVersion = 'aci/1'

/** The registered operator behind the keys. */
export type GatewayIdentity = {
  readonly operator: Address
  readonly chainId: number
  readonly receiptVerifier: Address
}

/** Member for member section 3.1, which allows no other. */
type WorkloadKeyset = {
  /** CAIP-10: the account of the operator. A name, which proves nothing by itself. */
  readonly subject: string
  /** Unix seconds. */
  readonly not_after: number
  readonly receipt_signing_keys: readonly {
    readonly key_id: string
    readonly algo: 'ed25519'
    readonly public_key: string
  }[]
  /** None: an end-to-end encrypted channel would have to end in a TEE. */
  readonly e2ee_public_keys: readonly never[]
  /** None: TLS ends in front of the gateway, with a key that it does not have. */
  readonly tls_public_keys: readonly never[]
}

export type AciKeyset = {
  readonly keyset: WorkloadKeyset
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  /** sha256 of the identity key, which stays when the keyset changes. */
  readonly workloadId: string
  readonly validFrom: UnixSeconds
  readonly validUntil: UnixSeconds
}

/** A keyset is listed for this long, and accepted for as long again. */
const epochS = 30 * 86_400

const keyId = 'vouch-receipt-1'

/** The keyset that is listed at `atS`; for a receipt, when its answer ended. */
export function aciKeysetAt(
  keys: KeyRing,
  { operator, chainId }: GatewayIdentity,
  atS: number,
): AciKeyset {
  const epoch = Math.floor(atS / epochS)
  const keyset: WorkloadKeyset = {
    subject: `eip155:${chainId}:${operator}`,
    not_after: (epoch + 2) * epochS,
    receipt_signing_keys: [
      { key_id: keyId, algo: 'ed25519', public_key: keys.aciReceipt.publicKey },
    ],
    e2ee_public_keys: [],
    tls_public_keys: [],
  }
  return {
    keyset,
    digest: jcsDigest(keyset),
    workloadId: jcsDigest(identityKey(keys)),
    validFrom: unixSeconds(epoch * epochS),
    validUntil: unixSeconds(keyset.not_after),
  }
}

/** The same until the next is listed: made once in thirty days instead of once in each answer. */
export function rememberedAciKeyset(keys: KeyRing, identity: GatewayIdentity) {
  let newest: AciKeyset | undefined
  return (atS: number): AciKeyset => {
    if (newest === undefined || atS < newest.validFrom || atS >= newest.validFrom + epochS) {
      newest = aciKeysetAt(keys, identity, atS)
    }
    return newest
  }
}

export const identityKey = (
  keys: KeyRing,
): { readonly algo: 'ed25519'; readonly public_key: string } => ({
  algo: 'ed25519',
  public_key: keys.identity.publicKey,
})

/** What the identity key signs of a keyset. The draft of July 2026 has it; the one of August leaves it to the quote alone. */
export const keysetEndorsementText = (keysetDigest: string): string =>
  canonicalJson({ purpose: 'aci.keyset.endorsement.v1', workload_keyset_digest: keysetDigest })

/**
 * 64 hex digits: the first half of a quote's report data, before 32 zero bytes. `nonce` is 64 lower-case hex digits; without
 * one the report proves no freshness.
 */
export const aciReportData = (keysetDigest: string, nonce: string | undefined): string =>
  sha256Hex(
    canonicalJson({
      keyset_digest: keysetDigest,
      nonce: nonce ?? null,
      purpose: 'aci.report_data.v1',
    }),
  )

/** `sha256:` of the canonical form: how ACI names a document of its own. */
export const jcsDigest = (document: Parameters<typeof canonicalJson>[0]): string =>
  `sha256:${sha256Hex(canonicalJson(document))}`
