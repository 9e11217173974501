import type { Channel } from './channel.ts'
import type { ContractRefusal } from './contract-refusal.ts'
import type { Endpoint } from './endpoint.ts'
import type { LimitRefusal } from './limit-refusal.ts'
import type { Address, AtomicAmount, Bytes32 } from './units.ts'

/*
 * Every expected way to say no, with its evidence. http/openai-error.ts maps each reason to a status and OpenAI's error
 * body in one exhaustive switch, and docs/errors.md has one heading for each (test/unit/http/errors-doc.test.ts compares).
 */

/** The caller's request cannot be read or asks for what cannot be had. */
export type RequestRefusal =
  | { readonly reason: 'invalid_json'; readonly detail: string }
  | { readonly reason: 'invalid_form'; readonly detail: string }
  | { readonly reason: 'missing_required_parameter'; readonly param: string }
  | { readonly reason: 'invalid_type'; readonly param: string; readonly expected: string }
  | { readonly reason: 'invalid_value'; readonly param: string; readonly expected: string }
  /** What is asked for is known, and not offered; `detail` says why, or what to do instead. */
  | { readonly reason: 'unsupported_parameter'; readonly param: string; readonly detail: string }
  | { readonly reason: 'request_too_large'; readonly bytesMax: number }
  | { readonly reason: 'model_not_found'; readonly modelId: string }
  /** The model is there, but not for what was asked of it. */
  | {
      readonly reason: 'endpoint_not_offered'
      readonly modelId: string
      readonly endpoint: Endpoint
      readonly offered: readonly Endpoint[]
    }
  | {
      readonly reason: 'context_length_exceeded'
      readonly contextTokensMax: number
      /** Where the prompt stands in the request. */
      readonly param: string
    }
  | {
      readonly reason: 'unknown_url'
      readonly method: string
      readonly path: string
      /** The route that was probably meant. */
      readonly meant?: string | undefined
    }
  | { readonly reason: 'method_not_allowed'; readonly method: string; readonly allowed: string }
  | VerificationRefusal

/** A proof of an answer is not given. Nothing was charged. */
export type ProofRefusal =
  /** The model is not one that can be proven here; `provable` names those that are. */
  | {
      readonly reason: 'proof_not_offered'
      readonly modelId: string
      readonly provable: readonly string[]
    }
  /** The programs are not installed that make it; `detail` has the command that does. */
  | { readonly reason: 'prover_missing'; readonly detail: string }
  | { readonly reason: 'proof_queue_full'; readonly retryAfterS: number }
  | { readonly reason: 'proof_timeout' }
  | { readonly reason: 'proof_failed' }
  | { readonly reason: 'proof_cancelled' }
  | { readonly reason: 'proof_not_found' }

/** A receipt, or what became of a request, is not told. */
export type ReceiptRefusal =
  | { readonly reason: 'receipt_not_found' }
  | { readonly reason: 'request_not_found' }
  /** The answer is on its way. */
  | { readonly reason: 'receipt_pending' }
  | { readonly reason: 'receipt_expired' }
  /** Another channel paid for it. */
  | { readonly reason: 'receipt_foreign' }

/** The request demands an upstream that was verified (`aci/1`, section 5.3). Nothing was sent on. */
type VerificationRefusal =
  | { readonly reason: 'verification_unavailable' }
  | { readonly reason: 'session_not_accepted' }

/** Who calls is not known or may not. */
export type AuthenticationRefusal =
  | { readonly reason: 'missing_api_key' }
  | { readonly reason: 'invalid_api_key' }
  | { readonly reason: 'model_not_allowed'; readonly modelId: string }
  | { readonly reason: 'billing_query_invalid' }
  | { readonly reason: 'too_many_refusals'; readonly retryAfterS: number }

export type HoldRefusal =
  | {
      readonly reason: 'key_cap_reached'
      readonly requiredAmount: AtomicAmount
      readonly freeAmount: AtomicAmount
    }
  | { readonly reason: 'channel_frozen' }
  | {
      readonly reason: 'insufficient_balance'
      readonly requiredAmount: AtomicAmount
      readonly freeAmount: AtomicAmount
    }
  | { readonly reason: 'channel_closing' }
  | { readonly reason: 'channel_not_found' }

export type VoucherRefusal =
  | { readonly reason: 'voucher_channel_mismatch' }
  | { readonly reason: 'voucher_above_balance'; readonly balance: AtomicAmount }
  | { readonly reason: 'voucher_signature_invalid' }
  | { readonly reason: 'channel_terms_unacceptable'; readonly detail: string }
  | { readonly reason: 'channel_closing' }

/** A deposit is not made, or not yet. Only `deposit_pending` leaves open what became of it. */
export type DepositRefusal =
  | { readonly reason: 'deposit_below_minimum'; readonly minimumAmount: AtomicAmount }
  | { readonly reason: 'deposit_rejected'; readonly detail: string }
  | { readonly reason: 'deposit_limit_reached'; readonly retryAfterS: number }
  | { readonly reason: 'deposit_pending'; readonly transactionHash: Bytes32 | undefined }

/** The payment that came with a request, or should have come, does not do. Nothing was charged. */
export type PaymentRefusal =
  | { readonly reason: 'payment_required' }
  | { readonly reason: 'payment_malformed'; readonly detail: string }
  | { readonly reason: 'payment_unacceptable'; readonly detail: string }
  /** The client counts from another sum than the ledger; `channel` says from which to count. */
  | { readonly reason: 'cumulative_amount_mismatch'; readonly channel: Channel | undefined }
  /** The request was answered before; `response` is what its client was told of the payment, where that is known. */
  | { readonly reason: 'payment_replayed'; readonly response: string | undefined }
  | { readonly reason: 'channel_busy'; readonly retryAfterS: number }

/** An owner's order about its keys cannot be executed. Nothing changed. */
export type KeyOrderRefusal =
  | { readonly reason: 'api_key_exists' }
  | { readonly reason: 'api_key_not_found' }
  | { readonly reason: 'key_nonce_stale'; readonly lastNonce: number }
  | { readonly reason: 'api_keys_exhausted'; readonly keysMax: number }
  | { readonly reason: 'owner_signature_invalid' }

/** What a channel's owner asked cannot be done now. */
export type OwnerRefusal =
  | { readonly reason: 'order_outdated' }
  | { readonly reason: 'requests_in_flight'; readonly heldAmount: AtomicAmount }
  | { readonly reason: 'refunded_recently'; readonly retryAfterS: number }
  | { readonly reason: 'nothing_to_refund' }
  | { readonly reason: 'refund_unconfirmed' }
  | { readonly reason: 'deposit_not_found' }

/** The pool could not answer. Never carries an upstream's own words: engines echo prompts and keys. */
export type UpstreamRefusal =
  | { readonly reason: 'no_contributor' }
  /** What the caller asked of contributors left none of them; `filter` names the wish that the last one failed. */
  | { readonly reason: 'constraint_filtered'; readonly filter: string }
  | { readonly reason: 'upstream_connection_error' }
  | { readonly reason: 'upstream_timeout' }
  | { readonly reason: 'upstream_stalled' }
  | { readonly reason: 'upstream_bad_response' }
  | { readonly reason: 'upstream_unavailable'; readonly status: number }
  | { readonly reason: 'upstream_rejected'; readonly status: number; readonly code: string }
  | { readonly reason: 'upstream_credentials_exhausted' }
  | { readonly reason: 'upstream_rate_limited'; readonly retryAfterS: number }
  /** The contributor works no more on credit until it has our next voucher. */
  | { readonly reason: 'upstream_credit_exhausted' }
  /** The contributor answers no contract there, or would not be paid for it; `code` is its own word for why. */
  | { readonly reason: 'upstream_job_refused'; readonly code: string }
  /** What lies in escrow for the contributors would not pay for this answer. */
  | { readonly reason: 'payout_escrow_exhausted' }
  | { readonly reason: 'upstream_stream_interrupted' }
  | { readonly reason: 'attestation_failed' }

/** What a contributor asks about its pay. */
export type PayoutRefusal =
  | { readonly reason: 'payout_query_invalid' }
  | { readonly reason: 'payout_not_found' }

/** What the lender of an API key asks cannot be done. Nothing changed. */
export type LendingRefusal =
  | { readonly reason: 'lending_closed' }
  | { readonly reason: 'lender_signature_invalid' }
  | { readonly reason: 'lender_query_invalid' }
  | { readonly reason: 'order_replayed' }
  | { readonly reason: 'lent_terms_unacceptable'; readonly detail: string }
  /** What the gateway saw when it tried the key; never the service's own words. */
  | { readonly reason: 'lent_key_unusable'; readonly detail: string }
  | { readonly reason: 'lent_keys_exhausted'; readonly keysMax: number }
  | { readonly reason: 'lent_key_not_found' }
  | { readonly reason: 'registration_limit_reached'; readonly retryAfterS: number }

/** What a contributor asks that joins by itself cannot be done. Nothing changed. */
export type JoiningRefusal =
  | { readonly reason: 'joining_closed' }
  | { readonly reason: 'joining_terms_unacceptable'; readonly detail: string }
  | { readonly reason: 'contributor_signature_invalid' }
  /** Whoever signed the order is no key of that contributor now, by the ContributorRegistry. */
  | { readonly reason: 'signing_key_not_active'; readonly signer: Address }
  /** It is not registered, is paused, or has less at stake than it must. */
  | { readonly reason: 'contributor_not_serving' }
  /** What the gateway saw when it tried the URL; never the server's own words. */
  | { readonly reason: 'contributor_unreachable'; readonly detail: string }
  | { readonly reason: 'joined_contributors_exhausted'; readonly contributorsMax: number }
  | { readonly reason: 'contributor_query_invalid' }
  | { readonly reason: 'contributor_not_joined' }

/** What an auditor asks or reports. Nothing changed. */
export type AuditRefusal =
  | { readonly reason: 'audits_closed' }
  | { readonly reason: 'audit_query_invalid' }
  /** The operator names others. */
  | { readonly reason: 'auditor_not_named'; readonly auditor: Address }
  | { readonly reason: 'audit_batch_not_found' }
  /** What is to be opened cannot be known yet. */
  | { readonly reason: 'audit_not_drawn'; readonly waitsFor: 'anchor' | 'blocks' }
  | { readonly reason: 'auditor_signature_invalid' }
  | { readonly reason: 'verdict_unacceptable'; readonly detail: string }
  /** The auditor said otherwise of the same model at the same second. */
  | { readonly reason: 'verdict_conflict' }

/** What is asked about receipts after the fact is not here. */
export type EvidenceRefusal =
  | VerificationRefusal
  | { readonly reason: 'signing_address_not_found' }
  | { readonly reason: 'aci_session_not_found' }

/** What is asked of the transparency log is not there. */
export type LogRefusal =
  | { readonly reason: 'log_not_kept' }
  | { readonly reason: 'log_batch_not_found'; readonly batch: string }
  | { readonly reason: 'log_range_invalid'; readonly detail: string }
  | { readonly reason: 'receipt_not_logged' }
  | { readonly reason: 'receipt_not_logged_yet'; readonly dueInS: number }

/** What the operator asks of a running gateway cannot be done. Nothing changed. */
export type AdminRefusal =
  | { readonly reason: 'invalid_admin_token' }
  | { readonly reason: 'contributor_not_found' }
  /** It stands in the configuration file, which only a person changes. */
  | { readonly reason: 'contributor_in_file' }
  | { readonly reason: 'contributor_unacceptable'; readonly detail: string }
  /** There is nothing to encrypt a key with. */
  | { readonly reason: 'key_secret_missing' }
  | { readonly reason: 'reload_failed'; readonly detail: string }
  | { readonly reason: 'deployments_off' }
  | { readonly reason: 'deployment_running' }
  | { readonly reason: 'deployment_not_found' }

/** The gateway itself cannot serve now. */
export type GatewayRefusal =
  | { readonly reason: 'store_unavailable' }
  /** The chain has what the gateway's own log has not: a new receipt might bear the number of an old one. */
  | { readonly reason: 'log_forked' }
  | { readonly reason: 'chain_unavailable' }
  | { readonly reason: 'overloaded' }
  | { readonly reason: 'hold_lost' }
  | { readonly reason: 'shutting_down' }
  | { readonly reason: 'internal_error' }

/** The rate between two assets is not known now. */
export type FxRefusal = { readonly reason: 'fx_quote_unavailable'; readonly asset: Address }

export type Refusal =
  | RequestRefusal
  | AuthenticationRefusal
  | HoldRefusal
  | LimitRefusal
  | VoucherRefusal
  | DepositRefusal
  | PaymentRefusal
  | KeyOrderRefusal
  | OwnerRefusal
  | UpstreamRefusal
  | PayoutRefusal
  | LendingRefusal
  | JoiningRefusal
  | AuditRefusal
  | EvidenceRefusal
  | LogRefusal
  | ReceiptRefusal
  | ProofRefusal
  | AdminRefusal
  | ContractRefusal
  | GatewayRefusal
  | FxRefusal
