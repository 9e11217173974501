/*
 * Contributors that join by themselves: their rows and schemas of the OpenAPI document. docs/joining.md says what the members
 * mean.
 */
import type { Operation } from './openapi-operations.ts'
import {
  address,
  amount,
  flag,
  hex32,
  list,
  object,
  oneOf,
  orNull,
  prices,
  type Schema,
  signature,
  text,
  whole,
} from './openapi-schemas.ts'

export const joiningOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/contributors/joining',
    summary: 'Whether registered contributors may join by themselves, with what, and for how much',
    access: 'anybody',
    answer: 'JoiningTerms',
  },
  {
    method: 'post',
    path: '/v1/contributors',
    summary: 'Join the pool, or offer other terms, by a signed order',
    access: 'anybody',
    body: 'JoinPoolOrder',
    answer: 'JoinedContributor',
  },
  {
    method: 'get',
    path: '/v1/contributors/me',
    summary: 'How the asking contributor does here',
    access: 'contributor',
    answer: 'JoinedContributor',
  },
  {
    method: 'delete',
    path: '/v1/contributors/me',
    summary: 'Leave the pool',
    access: 'contributor',
    answer: 'JoinedContributor',
  },
]

const number: Schema = { type: 'number' }
const token = object({ address, symbol: text, decimals: whole })
/** Of a contributor, whoever asks. */
export const states: readonly string[] = [
  ...['healthy', 'cooling', 'open', 'probing', 'failed_audit', 'draining', 'quarantined'],
  ...['drained', 'pending', 'away', 'unusable'],
]
export const servedModel: Schema = object({
  id: text,
  upstream_id: text,
  model_id: hex32,
  context_tokens_max: whole,
  price: prices,
  price_max: orNull(prices),
  endpoints: list(
    object({
      endpoint: text,
      state: oneOf('healthy', 'cooling', 'open', 'probing', 'failed_audit'),
      served: whole,
      failed: whole,
      uptime: number,
      first_token_ms: orNull(number),
      per_token_ms: orNull(number),
    }),
  ),
})

export const joiningSchemas: Readonly<Record<string, Schema>> = {
  JoiningTerms: object({
    object: { const: 'vouch.joining_terms' },
    open: flag,
    approval: flag,
    fee_bps: whole,
    min_stake: amount,
    gateway: address,
    gateway_keys: list(address),
    tunnel: text,
    chain: object({
      chain_id: whole,
      rpc_url: orNull(text),
      contributor_registry: address,
      receipt_verifier: address,
      inference_coordinator: orNull(address),
      settlement: address,
      open_claim_authorizer: address,
      payout_token: token,
      withdraw_delay_min_s: whole,
    }),
    asset: token,
    models: list(object({ id: text, model_id: orNull(hex32), price_max: prices })),
    any_model: orNull(object({ price_max: prices })),
  }),
  JoinPoolOrder: object(
    {
      terms: text,
      contributor: address,
      nonce: whole,
      validUntil: whole,
      'apiKey?': orNull(text),
      signature,
    },
    'The signature is over JoinPool, which has the hashes of `apiKey` and of the text of `terms`.',
  ),
  JoinedContributor: object({
    object: { const: 'vouch.joined_contributor' },
    id: text,
    contributor: address,
    signing_addresses: list(address),
    url: orNull(text),
    connected: orNull(flag),
    state: oneOf(...states, 'left'),
    cause: orNull(text),
    drained: flag,
    in_flight: whole,
    concurrency_max: orNull(whole),
    terms: orNull(text),
    models: list(servedModel),
    created_at_ms: orNull(whole),
    changed_at_ms: orNull(whole),
  }),
}
