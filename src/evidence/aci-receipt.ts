/*
 * A receipt as ACI has it (`aci/1`, section 7), made of ours. Ed25519 is deterministic and everything signed stands in the
 * stored receipt, so each replica serves the same bytes for as long as the receipt is kept.
 */
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { tier, workStatus } from '../domain/receipt.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import { type Bytes32, zeroBytes32 } from '../domain/units.ts'
import { type AciKeyset, aciVersion } from './aci-keyset.ts'
import type { KeyRing } from './key-ring.ts'

/** What is known of an answer beside its receipt. */
export type AnsweredRequest = {
  readonly document: ReceiptDocument
  readonly digest: Bytes32
  /** The id that stands in the answer. */
  readonly answerId: string | undefined
  /** As the client named it. */
  readonly modelName: string
  /** Such as `/v1/chat/completions`. */
  readonly path: string
  /** Who was asked. */
  readonly upstreamName: string
  /** The attested session that the upstream was reached by; undefined where none was verified. */
  readonly sessionId?: string | undefined
}

type Event = { readonly type: string; readonly [member: string]: Json }

export function aciReceipt(
  keys: KeyRing,
  { keyset, digest }: AciKeyset,
  answered: AnsweredRequest,
): Readonly<Record<string, Json>> {
  const { receipt } = answered.document
  const unsigned = {
    api_version: aciVersion,
    receipt_id: receipt.receiptId,
    chat_id: answered.answerId ?? null,
    model: answered.modelName,
    workload_keyset_digest: digest,
    endpoint: answered.path,
    method: 'POST',
    served_at: receipt.work.finishedAt,
    event_log: eventsOf(answered),
    key_id: keyset.receipt_signing_keys[0]?.key_id ?? '',
  }
  return { ...unsigned, signature: keys.aciReceipt.sign(canonicalJson(unsigned)) }
}

/** Types that begin with `vouch.` or `transparency.` and `response.received` are additions: verifiers pass over what they do not know. */
function eventsOf(answered: AnsweredRequest): readonly Event[] {
  const { receipt } = answered.document
  const { work, requestHash, responseHash } = receipt
  const isRequestModified = requestHash !== work.inputHash
  const isResponseModified = work.outputHash !== responseHash
  return [
    { type: 'request.received', body_hash: bodyHash(requestHash) },
    ...(isRequestModified ? [{ type: 'transparency.request_modified' }] : []),
    { type: 'request.forwarded', body_hash: bodyHash(work.inputHash) },
    upstreamEvent(answered),
    ...upstreamReportEvents(answered.document),
    { type: 'response.received', body_hash: bodyHash(work.outputHash) },
    ...(isResponseModified ? [{ type: 'transparency.response_modified' }] : []),
    responseEvent(answered.document),
    settledEvent(answered),
  ]
}

/** Of an answer that broke off, the client also got an error that no receipt covers: no event says that it was returned. */
function responseEvent({ receipt }: ReceiptDocument): Event {
  const { status } = receipt.work
  const hash = bodyHash(receipt.responseHash)
  if (status === workStatus.complete || status === workStatus.truncatedByBudget) {
    // Nothing is encrypted on the way out, so both are of the same bytes.
    return { type: 'response.returned', body_hash: hash, cleartext_hash: hash, wire_hash: hash }
  }
  const isCovered = receipt.responseHash !== zeroBytes32
  return { type: 'vouch.response_interrupted', status, ...(isCovered && { body_hash: hash }) }
}

function upstreamEvent({ document, upstreamName, sessionId }: AnsweredRequest): Event {
  const upstream = {
    type: 'upstream.verified',
    required: false,
    model_id: document.receipt.work.modelId,
    upstream_name: upstreamName,
  }
  if (sessionId !== undefined) return { ...upstream, result: 'verified', session_id: sessionId }
  const isKeyBound = (document.receipt.tiers & tier.teeBoundKey) !== 0
  const reason = isKeyBound ? keyAlone : 'no TEE of the upstream was verified'
  return { ...upstream, result: 'failed', reason }
}

/** What signed the Work lives in a TEE; ACI means by "verified" that the connection ends there too. */
const keyAlone = 'the key that signed the Work is bound to a TEE, and the connection is not'

/** What the upstream said of itself, by the hash of its words: the session with that evidence has them. */
function upstreamReportEvents({ evidence }: ReceiptDocument): readonly Event[] {
  const report = evidence?.upstreamReport
  if (report === undefined) return []
  const { origin, reportHash, verification, askedAt } = report
  const digest = bodyHash(reportHash)
  return [{ type: 'vouch.upstream_report', origin, digest, verification, asked_at: askedAt }]
}

/** What ACI leaves out by design: the signed receipt with its price, which a contract can check. */
function settledEvent({ document, digest }: AnsweredRequest): Event {
  const { receipt, domain } = document
  const { promptTokens, cachedPromptTokens, completionTokens } = receipt.work
  return {
    type: 'vouch.receipt',
    digest,
    chain_id: domain.chainId,
    receipt_verifier: domain.verifyingContract,
    contributor: receipt.work.contributor,
    cost: receipt.cost,
    prompt_tokens: promptTokens,
    cached_prompt_tokens: cachedPromptTokens,
    completion_tokens: completionTokens,
    tiers: receipt.tiers,
  }
}

const bodyHash = (hash: Bytes32): string => `sha256:${hash.slice(2)}`
