import type { Bytes32, UnixSeconds } from './units.ts'

/**
 * An attestation report that an upstream gave of itself (`GET /v1/attestation/report`), before or while it answered. The
 * report itself is an ACI session of the gateway for some time; its hash stands in the receipt.
 */
export type UpstreamReport = {
  /** Such as `https://api.example`: where it was asked. */
  readonly origin: string
  /** 64 hex digits: the caller's own where it sent one. */
  readonly nonce: string
  /** sha256 of the report's bytes. */
  readonly reportHash: Bytes32
  /** Key that the upstream says it signs with: an address or an Ed25519 key, in lower-case hex; empty where it names none. */
  readonly signingAddress: string
  readonly askedAt: UnixSeconds
  /**
   * What this gateway found: `quote-verified`, the quote is genuine and carries nonce and key; `asserted`, the report says so
   * and nobody checked; `refuted`, it was checked and does not hold.
   */
  readonly verification: 'quote-verified' | 'asserted' | 'refuted'
}
