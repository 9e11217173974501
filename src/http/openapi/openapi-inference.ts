/*
 * Provable models and proofs of their answers: their rows and schemas of the OpenAPI document. docs/inference.md says what the
 * members mean.
 */
import type { Operation } from './openapi-operations.ts'
import {
  flag,
  hex32,
  list,
  object,
  oneOf,
  orNull,
  ours,
  ref,
  type Schema,
  text,
  whole,
} from './openapi-schemas.ts'

export const inferenceOperation: Omit<Operation, 'method' | 'access'> = {
  path: '/v1/inference/{id}',
  summary: 'Ask a provable model, and for a proof of its answer (202: a job that will have it)',
  body: 'InferenceRequest',
  answer: 'InferenceAnswer',
  events: 'ProofJob',
}

export const proofOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/proofs/{id}',
    summary: 'How far a proof is, and its answer, proof and receipt when it is made',
    access: 'reader',
    answer: 'ProofJob',
    events: 'ProofJob',
  },
  {
    method: 'delete',
    path: '/v1/proofs/{id}',
    summary: 'Cancel a proof: nothing is charged for it',
    access: 'reader',
    answer: 'ProofJob',
  },
]

/** One tensor, flat or nested as its shape is, or several by their names. */
const tensor: Schema = {
  anyOf: [{ type: 'number' }, { type: 'array' }, { type: 'object' }],
}
const integer: Schema = { type: 'integer' }
const number: Schema = { type: 'number' }

export const proofSchemas: Readonly<Record<string, Schema>> = {
  InferenceRequest: object({
    'input?': tensor,
    'input_integers?': list(integer),
    'model?': text,
    'stream?': flag,
    ...ours,
  }),
  Inference: object({
    id: text,
    object: { const: 'vouch.inference' },
    created: whole,
    model: text,
    output: tensor,
    integers: object({ input: list(integer), output: list(integer) }),
    usage: object({
      unit: { const: 'value' },
      prompt_tokens: whole,
      completion_tokens: whole,
      total_tokens: whole,
    }),
  }),
  InferenceAnswer: { anyOf: [ref('Inference'), ref('ProofJob')] },
  Proof: object({
    object: { const: 'vouch.proof' },
    system: oneOf('groth16', 'ultrahonk', 'ezkl'),
    circuit: text,
    vkHash: hex32,
    setup: text,
    publicInputs: list(hex32),
    proof: text,
  }),
  ProofJob: object({
    id: text,
    object: { const: 'vouch.proof_job' },
    status: oneOf('queued', 'proving', 'charging', 'done', 'failed'),
    model: text,
    request_id: text,
    created_at: whole,
    ended_at: orNull(whole),
    position: orNull(whole),
    progress: orNull(object({ stage: text, fraction: orNull(number), elapsed_ms: number })),
    estimate_seconds: orNull(whole),
    'error?': orNull({ type: 'object' }),
    'proof?': orNull(ref('Proof')),
    'answer?': orNull(ref('Inference')),
    'receipt?': orNull(ref('Receipt')),
  }),
}
