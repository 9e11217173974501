/*
 * Rows and schemas of what is asked about receipts after the fact. The shapes are those of others (docs/convention.md,
 * docs/aci.md), and open: they say what is always there.
 */
import type { Operation } from './openapi-operations.ts'
import { any, list, object, oneOf, orNull, type Schema, text, whole } from './openapi-schemas.ts'

const signingAlgo = oneOf('ecdsa', 'ed25519')
const nonce: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' }

export const evidenceOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/signature/{id}',
    summary:
      'The signature of an answer over its exact bytes (the convention of NEAR AI, RedPill, Phala and 0G)',
    access: 'reader',
    query: { model: text, signing_algo: signingAlgo },
    answer: 'AnswerSignature',
  },
  {
    method: 'get',
    path: '/v1/proxy/signature/{id}',
    summary: "The same where 0G's client asks, by the header ZG-Res-Key of the answer",
    access: 'anybody',
    query: { model: text, signing_algo: signingAlgo },
    answer: 'AnswerSignature',
  },
  {
    method: 'get',
    path: '/v1/attestation/report',
    summary: 'What the gateway runs in, and the address that signs its answers',
    access: 'anybody',
    query: {
      model: text,
      nonce,
      signing_algo: signingAlgo,
      signing_address: text,
      include_tls_fingerprint: oneOf('true', 'false'),
    },
    answer: 'AttestationReport',
  },
  {
    method: 'get',
    path: '/v1/keyset',
    summary: 'Every key of the gateway, endorsed by its registered one, and what each tier proves',
    access: 'anybody',
    answer: 'Keyset',
  },
  {
    method: 'get',
    path: '/v1/aci/attestation',
    summary: 'The keys that sign ACI receipts (aci/1)',
    access: 'anybody',
    query: { nonce },
    answer: 'AciAttestation',
  },
  {
    method: 'get',
    path: '/v1/aci/receipts/{id}',
    summary: 'A receipt as ACI has it: a signed log of what happened to the bytes (aci/1)',
    access: 'reader',
    answer: 'AciReceipt',
  },
  {
    method: 'get',
    path: '/v1/aci/sessions',
    summary: 'Upstreams that are verified now (aci/1)',
    access: 'anybody',
    query: { upstream_name: text },
    answer: 'AciSessionList',
  },
  {
    method: 'get',
    path: '/v1/aci/sessions/{id}',
    summary: 'The proof that an upstream was verified (aci/1)',
    access: 'anybody',
    answer: 'AciSession',
  },
]

const signedText = object({
  text,
  signature: text,
  signing_address: text,
  signing_algo: signingAlgo,
  signature_kind: oneOf('gateway'),
})

export const evidenceSchemas: Readonly<Record<string, Schema>> = {
  AnswerSignature: {
    anyOf: [
      signedText,
      object({ error_code: oneOf('STREAM_DISCONNECTED', 'SIGNATURE_UNSUPPORTED'), message: text }),
    ],
  },
  AttestationReport: object({
    attestation_type: text,
    signing_address: text,
    signing_algo: signingAlgo,
    signing_public_key: text,
    request_nonce: text,
    'intel_quote?': text,
    model_attestations: list(any),
    all_attestations: list(any),
  }),
  Keyset: object({
    object: oneOf('vouch.keyset'),
    gateway: text,
    chain_id: whole,
    receipt_verifier: text,
    valid_from: whole,
    valid_until: whole,
    keys: list(
      object({ role: text, algorithm: text, public_key: text, signs: text, 'address?': text }),
    ),
    aci: object({ workload_id: text, workload_keyset_digest: text }),
    tiers: list(object({ bit: whole, name: text, proves: text, does_not_prove: text })),
    endorsement: object({ type: text, keyset_hash: text, signer: text, signature: text }),
  }),
  AciAttestation: object({
    api_version: oneOf('aci/1'),
    workload_id: text,
    workload_keyset_digest: text,
    attestation: object({ tee_type: text, workload_keyset: any, report_data: text, evidence: any }),
    service_capabilities: any,
  }),
  AciReceipt: object({
    api_version: oneOf('aci/1'),
    receipt_id: text,
    chat_id: orNull(text),
    model: orNull(text),
    workload_keyset_digest: text,
    endpoint: text,
    method: text,
    served_at: whole,
    event_log: list(object({ type: text })),
    key_id: text,
    signature: text,
  }),
  AciSessionList: object({ api_version: oneOf('aci/1'), sessions: list(any) }),
  AciSession: object({
    api_version: oneOf('aci/1'),
    upstream_name: text,
    endpoint: orNull(text),
    verifier_id: text,
    established_at: whole,
    expires_at: whole,
    channel_binding: list(any),
    claims: any,
    evidence: object({ digest: text, data: text }),
  }),
}
