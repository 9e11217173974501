/*
 * Attested sessions (`aci/1`, section 8): the saved proof that one upstream was verified, named by its content.
 */
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { aciVersion } from './aci-keyset.ts'

/** Missing evidence is `unknown`: neither a pass nor a refutation. */
type AciClaim =
  | { readonly status: 'unknown' }
  | {
      readonly status: 'asserted' | 'refuted'
      readonly source:
        | 'hardware_proven'
        | 'verifier_derived'
        | 'provider_asserted'
        | 'operator_asserted'
      readonly reason: string
    }

export type AciClaims = {
  readonly tee_attested: AciClaim
  readonly gpu_attested: AciClaim
  readonly tcb_up_to_date: AciClaim
  readonly os_known_good: AciClaim
  readonly serving_software_known_good: AciClaim
  readonly model_weights_provenance: AciClaim
  /** Facts that the verifier found, verbatim. */
  readonly extra?: Readonly<Record<string, Json>>
}

const unknown = { status: 'unknown' } as const

export const nothingClaimed: AciClaims = {
  tee_attested: unknown,
  gpu_attested: unknown,
  tcb_up_to_date: unknown,
  os_known_good: unknown,
  serving_software_known_good: unknown,
  model_weights_provenance: unknown,
}

/** What was enforced when the gateway connected. */
type ChannelBinding = {
  readonly type: 'tls_spki_sha256'
  readonly origin: string
  readonly spki_sha256: string
}

export type AciSession = {
  readonly api_version: typeof aciVersion
  readonly upstream_name: string
  readonly endpoint: string | null
  readonly verifier_id: string
  /** Unix seconds. */
  readonly established_at: number
  readonly expires_at: number
  readonly identity?: Readonly<Record<string, Json>>
  readonly channel_binding: readonly ChannelBinding[]
  readonly claims: AciClaims
  readonly evidence: { readonly digest: string; readonly data: string }
}

/** The exact bytes that a verifier consumed, as a session keeps them. */
export const sessionEvidence = (
  bytes: Uint8Array,
  contentType: string,
): AciSession['evidence'] => ({
  digest: `sha256:${sha256Hex(bytes)}`,
  data: `data:${contentType};base64,${Buffer.from(bytes).toString('base64')}`,
})

/** 64 hex digits. The id is no part of the document. */
export const sessionIdOf = (session: AciSession): string =>
  sha256Hex(canonicalJson(session as unknown as Json))

/** Where sessions are kept; without one there are none. */
export type SessionSource = {
  readonly session: (sessionId: string) => Promise<AciSession | undefined>
  /** Those that are valid now. */
  readonly current: () => Promise<readonly AciSession[]>
}

/** An entry of the list: without the evidence itself it does not hash to its id, and says so by having one. */
export function abbreviated(session: AciSession): Readonly<Record<string, unknown>> {
  const { evidence, ...rest } = session
  return { session_id: sessionIdOf(session), ...rest, evidence: { digest: evidence.digest } }
}
