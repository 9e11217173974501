/*
 * Lent keys, contributors that join, and the admin API: their rows and schemas of the OpenAPI document. docs/lent-keys.md,
 * docs/joining.md and docs/admin.md say what the members mean.
 */
import { joiningOperations, joiningSchemas, servedModel, states } from './openapi-joining.ts'
import type { Operation } from './openapi-operations.ts'
import {
  address,
  any,
  flag,
  hex32,
  list,
  listObject,
  object,
  oneOf,
  orNull,
  prices,
  ref,
  type Schema,
  signature,
  signingDomain,
  text,
  whole,
} from './openapi-schemas.ts'

const lending: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/contributors/terms',
    summary: 'Which keys may be lent here, and for how much',
    access: 'anybody',
    answer: 'LendingTerms',
  },
  {
    method: 'get',
    path: '/v1/contributors/keys',
    summary: 'What the asking wallet has lent',
    access: 'contributor',
    answer: 'LentKeyList',
  },
  {
    method: 'post',
    path: '/v1/contributors/keys',
    summary: 'Lend an API key, by a signed order',
    access: 'anybody',
    body: 'LendKeyOrder',
    answer: 'LentKey',
  },
  {
    method: 'get',
    path: '/v1/contributors/keys/{id}',
    summary: 'One lent key, for its lender',
    access: 'contributor',
    answer: 'LentKey',
  },
  {
    method: 'delete',
    path: '/v1/contributors/keys/{id}',
    summary: 'Have the gateway forget a lent key',
    access: 'contributor',
    answer: 'LentKey',
  },
]

const one = '/admin/v1/contributors/{id}'
const administered = (
  method: Operation['method'],
  path: string,
  said: Pick<Operation, 'summary' | 'answer' | 'body' | 'isForm'>,
): Operation => ({ method, path, access: 'admin', ...said })

const admin: readonly Operation[] = [
  administered('get', '/metrics', {
    summary: "Counters and states of this process in Prometheus' text format",
    answer: 'text/plain',
  }),
  administered('get', '/admin/v1/contributors', {
    summary: 'Every contributor, and how it does',
    answer: 'ContributorList',
  }),
  administered('post', '/admin/v1/contributors', {
    summary: 'Add a contributor, or replace the one with the same URL and id',
    body: 'ContributorEntry',
    answer: 'Contributor',
  }),
  administered('get', one, { summary: 'One contributor', answer: 'Contributor' }),
  administered('patch', one, {
    summary: 'Change members of an added contributor; null takes one away',
    body: 'ContributorChange',
    answer: 'Contributor',
  }),
  administered('delete', one, {
    summary: 'Drain an added, lent or joined contributor and forget it',
    answer: 'Contributor',
  }),
  administered('post', `${one}/drain`, {
    summary: 'Send it no new request',
    answer: 'Contributor',
  }),
  administered('post', `${one}/readmit`, {
    summary: 'Send it requests again, and hold nothing against it',
    answer: 'Contributor',
  }),
  administered('post', `${one}/approve`, {
    summary: 'Let a lent key, or a contributor that joined, be used',
    answer: 'Contributor',
  }),
  ...['/admin/v1/keys/{id}/limits', '/admin/v1/accounts/{id}/limits'].flatMap((path) => [
    administered('get', path, { summary: 'What it may have', answer: 'CallerLimits' }),
    administered('put', path, {
      summary: 'Say what it may have; null lifts a limit, what is left out is the default',
      body: 'CallerLimitsOverride',
      answer: 'CallerLimits',
    }),
    administered('delete', path, {
      summary: 'Leave it to the defaults again',
      answer: 'CallerLimits',
    }),
  ]),
  administered('get', '/admin/v1/models', {
    summary: 'Every model, and how many serve it',
    answer: 'AdminModelList',
  }),
  administered('post', '/v1/models', {
    summary: 'Upload an ONNX model and make it servable and provable',
    body: 'ModelUpload',
    isForm: true,
    answer: 'ModelDeployment',
  }),
  administered('get', '/admin/v1/deployments/{id}', {
    summary: 'How far the deployment of a model is',
    answer: 'ModelDeployment',
  }),
  administered('get', '/admin/v1/config', {
    summary: 'The configuration without its secrets',
    answer: 'Config',
  }),
  administered('post', '/admin/v1/reload', {
    summary: 'Read the configuration file again',
    answer: 'Reloaded',
  }),
]

export const contributorOperations: readonly Operation[] = [
  ...lending,
  ...joiningOperations,
  ...admin,
]

const file: Schema = { type: 'string', format: 'binary' }
const priceText = { anyOf: [text, { type: 'number' }] }
const callerLimitsOverride = object({
  'requestsPerMinute?': orNull(whole),
  'tokensPerMinute?': orNull(whole),
  'concurrency?': orNull(whole),
  'spendPerDay?': orNull(text),
})
const entryMembers = {
  'apiKey?': orNull(text),
  'region?': orNull(text),
  'limits?': orNull(
    object({
      'requestsPerMinute?': whole,
      'tokensPerMinute?': whole,
      'concurrency?': whole,
      'requestsPerDay?': whole,
      'tokensPerDay?': whole,
      'spendPerDay?': priceText,
    }),
  ),
}
const entryModels = list(
  object(
    { id: text, 'upstreamId?': text, contextTokensMax: whole, price: any },
    'As an entry of `upstreams.models` in vouch.yaml.',
  ),
)
const number: Schema = { type: 'number' }
/** What a contributor says of itself (docs/market.md). */
const reported = object({
  at_ms: whole,
  running: whole,
  waiting: whole,
  slots: whole,
  draining: flag,
  tokens_per_second: orNull(object({ prompt: number, completion: number })),
  context_tokens_max: orNull(whole),
  region: orNull(text),
  gpus: list(
    object({ name: text, memory_mb: number, memory_used_mb: number, utilization: number }),
  ),
})

export const contributorSchemas: Readonly<Record<string, Schema>> = {
  ...joiningSchemas,
  LendingTerms: object({
    object: { const: 'vouch.lending_terms' },
    open: flag,
    approval: flag,
    fee_bps: whole,
    gateway: address,
    domain: signingDomain,
    hosts: orNull(list(text)),
    models: list(object({ id: text, price_max: prices })),
  }),
  LendKeyOrder: object(
    {
      terms: text,
      lender: address,
      payout: address,
      nonce: whole,
      validUntil: whole,
      apiKey: text,
      signature,
    },
    'The signature is over LendKey, which has the hash of `apiKey` and of the text of `terms`.',
  ),
  LentKey: object({
    object: { const: 'vouch.lent_key' },
    id: text,
    url: text,
    key_id: text,
    state: oneOf('pending', 'live', 'unusable', 'withdrawn'),
    cause: orNull(text),
    lender: orNull(address),
    payout: orNull(address),
    terms: text,
    models: list(text),
    created_at_ms: whole,
    changed_at_ms: whole,
  }),
  LentKeyList: listObject(ref('LentKey')),
  ContributorEntry: object({ 'id?': text, url: text, ...entryMembers, models: entryModels }),
  ContributorChange: object({ ...entryMembers, 'models?': entryModels }),
  CallerLimitsOverride: callerLimitsOverride,
  CallerLimits: object({
    object: { const: 'vouch.limits' },
    'key?': text,
    'account?': hex32,
    limits: object({
      requestsPerMinute: orNull(whole),
      tokensPerMinute: orNull(whole),
      concurrency: orNull(whole),
      spendPerDay: orNull(text),
    }),
    override: callerLimitsOverride,
  }),
  Contributor: object({
    object: { const: 'vouch.contributor' },
    id: text,
    origin: oneOf('file', 'admin', 'lent', 'joined'),
    name: text,
    url: orNull(text),
    has_key: flag,
    state: oneOf(...states),
    cause: orNull(text),
    drained: flag,
    region: orNull(text),
    signs: flag,
    in_flight: whole,
    concurrency_max: orNull(whole),
    reported: orNull(reported),
    windows: list(object({ name: text, max: number, left: number, seconds: whole })),
    models: list(servedModel),
    lender: orNull(address),
    payout: orNull(address),
    operator: orNull(address),
    created_at_ms: orNull(whole),
    changed_at_ms: orNull(whole),
  }),
  ContributorList: listObject(ref('Contributor')),
  AdminModelList: listObject(
    object({
      id: text,
      model_id: hex32,
      context_tokens_max: whole,
      completion_tokens_max: whole,
      contributors: whole,
    }),
  ),
  ModelUpload: object({ file, sample: file, name: text }, 'Also `prove` and `version`.'),
  ModelDeployment: object({
    id: text,
    object: text,
    created: whole,
    name: text,
    status: oneOf('running', 'done', 'failed'),
    progress: list(text),
    result: orNull(object({})),
    error: orNull(text),
  }),
  Config: object({}, 'As vouch.yaml was read, secrets replaced by `(secret)`.'),
  Reloaded: object(
    { added: list(text), removed: list(text), changed: list(text) },
    'Ids of upstreams of the file.',
  ),
}
