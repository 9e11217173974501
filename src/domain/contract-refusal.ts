import type { Address, Bytes32 } from './units.ts'

/*
 * What a contract asks, by an offchain lookup (docs/ccip.md) or by a job (docs/jobs.md), cannot be had here. Part of the
 * union in refusal.ts.
 */
export type ContractRefusal =
  /** Nobody pays here for what contracts ask by offchain lookup. */
  | { readonly reason: 'lookups_off' }
  | { readonly reason: 'sender_not_served'; readonly sender: Address }
  | { readonly reason: 'lookup_unreadable'; readonly detail: string }
  | { readonly reason: 'lookup_uri_too_long'; readonly bytesMax: number }
  /** Whoever offers the model does not sign its work, or would be sent other bytes than the contract's. */
  | { readonly reason: 'model_not_verifiable'; readonly modelId: Bytes32 }
  /** The bytes have members that no contributor is sent, so that the hash of what one signs would be another. */
  | { readonly reason: 'input_rewritten' }
  | { readonly reason: 'answer_not_verifiable' }
  /** No chain is watched for jobs of contracts. */
  | { readonly reason: 'jobs_off' }
  | { readonly reason: 'job_not_found' }
  /** The bytes are not those whose hash the chain has. */
  | { readonly reason: 'job_input_mismatch'; readonly expected: Bytes32; readonly given: Bytes32 }
  /** The job takes no input any more, or never did: it is on the chain. */
  | { readonly reason: 'job_input_closed'; readonly state: string }
