/*
 * docs/errors.md and the code, held to each other: every reason of the refusal union has its heading, and what stands under
 * it is what a client gets.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  choicesMax,
  clientRequestTimeoutMs,
  jsonDepthMax,
  jsonNodesMax,
  requestBodyBytesMax,
  sseEventBytesMax,
  upstreamAttemptsMax,
  upstreamFirstByteTimeoutMs,
  upstreamIdleTimeoutMs,
  upstreamWholeAnswerTimeoutMs,
} from '../../../src/base/limits.ts'
import { microUsd } from '../../../src/domain/exchange.ts'
import type { Refusal } from '../../../src/domain/refusal.ts'
import { address, atomic, zeroBytes32 } from '../../../src/domain/units.ts'
import { errorAnswer } from '../../../src/http/openai-error.ts'

const root = join(import.meta.dirname, '../../..')
const source = ['refusal', 'limit-refusal', 'contract-refusal']
  .map((name) => readFileSync(join(root, `src/domain/${name}.ts`), 'utf8'))
  .join('')
const document = readFileSync(join(root, 'docs/errors.md'), 'utf8')

/** The union as it is written: a reason that has no sample below is found here. */
const reasons = [
  ...new Set([...source.matchAll(/reason: '(\w+)'/g)].map(([, reason = '']) => reason)),
]

/** One refusal of each reason. A reason without one does not compile. */
const samples: { readonly [R in Refusal['reason']]: Extract<Refusal, { readonly reason: R }> } = {
  invalid_json: { reason: 'invalid_json', detail: 'the body is empty' },
  invalid_form: { reason: 'invalid_form', detail: 'it has a field twice' },
  missing_required_parameter: { reason: 'missing_required_parameter', param: 'model' },
  invalid_type: { reason: 'invalid_type', param: 'n', expected: 'a whole number' },
  invalid_value: { reason: 'invalid_value', param: 'n', expected: 'at most 8' },
  unsupported_parameter: { reason: 'unsupported_parameter', param: 'store', detail: 'why' },
  request_too_large: { reason: 'request_too_large', bytesMax: 1 },
  model_not_found: { reason: 'model_not_found', modelId: 'x' },
  endpoint_not_offered: {
    reason: 'endpoint_not_offered',
    modelId: 'x',
    endpoint: 'embeddings',
    offered: ['chat/completions'],
  },
  context_length_exceeded: {
    reason: 'context_length_exceeded',
    contextTokensMax: 4096,
    param: 'messages',
  },
  unknown_url: { reason: 'unknown_url', method: 'GET', path: '/' },
  method_not_allowed: { reason: 'method_not_allowed', method: 'GET', allowed: 'POST' },
  receipt_not_found: { reason: 'receipt_not_found' },
  signing_address_not_found: { reason: 'signing_address_not_found' },
  aci_session_not_found: { reason: 'aci_session_not_found' },
  verification_unavailable: { reason: 'verification_unavailable' },
  session_not_accepted: { reason: 'session_not_accepted' },
  request_not_found: { reason: 'request_not_found' },
  receipt_pending: { reason: 'receipt_pending' },
  receipt_expired: { reason: 'receipt_expired' },
  receipt_foreign: { reason: 'receipt_foreign' },
  upstream_credit_exhausted: { reason: 'upstream_credit_exhausted' },
  upstream_job_refused: { reason: 'upstream_job_refused', code: 'job_not_payable' },
  payout_escrow_exhausted: { reason: 'payout_escrow_exhausted' },
  payout_query_invalid: { reason: 'payout_query_invalid' },
  payout_not_found: { reason: 'payout_not_found' },
  lending_closed: { reason: 'lending_closed' },
  lender_signature_invalid: { reason: 'lender_signature_invalid' },
  lender_query_invalid: { reason: 'lender_query_invalid' },
  order_replayed: { reason: 'order_replayed' },
  lent_terms_unacceptable: { reason: 'lent_terms_unacceptable', detail: 'url: https:// only' },
  lent_key_unusable: { reason: 'lent_key_unusable', detail: 'status 401' },
  lent_keys_exhausted: { reason: 'lent_keys_exhausted', keysMax: 100 },
  lent_key_not_found: { reason: 'lent_key_not_found' },
  registration_limit_reached: { reason: 'registration_limit_reached', retryAfterS: 30 },
  joining_closed: { reason: 'joining_closed' },
  joining_terms_unacceptable: { reason: 'joining_terms_unacceptable', detail: 'models: none' },
  contributor_signature_invalid: { reason: 'contributor_signature_invalid' },
  signing_key_not_active: {
    reason: 'signing_key_not_active',
    signer: address(`0x${'5'.repeat(40)}`),
  },
  contributor_not_serving: { reason: 'contributor_not_serving' },
  contributor_unreachable: { reason: 'contributor_unreachable', detail: 'status 401' },
  joined_contributors_exhausted: { reason: 'joined_contributors_exhausted', contributorsMax: 100 },
  contributor_query_invalid: { reason: 'contributor_query_invalid' },
  contributor_not_joined: { reason: 'contributor_not_joined' },
  lookups_off: { reason: 'lookups_off' },
  sender_not_served: { reason: 'sender_not_served', sender: address(`0x${'7'.repeat(40)}`) },
  lookup_unreadable: { reason: 'lookup_unreadable', detail: 'data is no call of infer' },
  lookup_uri_too_long: { reason: 'lookup_uri_too_long', bytesMax: 6_144 },
  model_not_verifiable: { reason: 'model_not_verifiable', modelId: zeroBytes32 },
  input_rewritten: { reason: 'input_rewritten' },
  answer_not_verifiable: { reason: 'answer_not_verifiable' },
  jobs_off: { reason: 'jobs_off' },
  job_not_found: { reason: 'job_not_found' },
  job_input_mismatch: {
    reason: 'job_input_mismatch',
    expected: zeroBytes32,
    given: zeroBytes32,
  },
  job_input_closed: { reason: 'job_input_closed', state: 'delivered' },
  audits_closed: { reason: 'audits_closed' },
  audit_query_invalid: { reason: 'audit_query_invalid' },
  auditor_not_named: { reason: 'auditor_not_named', auditor: address(`0x${'6'.repeat(40)}`) },
  audit_batch_not_found: { reason: 'audit_batch_not_found' },
  audit_not_drawn: { reason: 'audit_not_drawn', waitsFor: 'blocks' },
  auditor_signature_invalid: { reason: 'auditor_signature_invalid' },
  verdict_unacceptable: { reason: 'verdict_unacceptable', detail: 'it rests on no sample' },
  verdict_conflict: { reason: 'verdict_conflict' },
  invalid_admin_token: { reason: 'invalid_admin_token' },
  contributor_not_found: { reason: 'contributor_not_found' },
  contributor_in_file: { reason: 'contributor_in_file' },
  contributor_unacceptable: { reason: 'contributor_unacceptable', detail: 'models: none' },
  key_secret_missing: { reason: 'key_secret_missing' },
  deployments_off: { reason: 'deployments_off' },
  deployment_running: { reason: 'deployment_running' },
  deployment_not_found: { reason: 'deployment_not_found' },
  reload_failed: { reason: 'reload_failed', detail: 'vouch.yaml:3: listen: expected a mapping' },
  missing_api_key: { reason: 'missing_api_key' },
  invalid_api_key: { reason: 'invalid_api_key' },
  model_not_allowed: { reason: 'model_not_allowed', modelId: 'm' },
  channel_frozen: { reason: 'channel_frozen' },
  key_cap_reached: {
    reason: 'key_cap_reached',
    requiredAmount: atomic(2n),
    freeAmount: atomic(1n),
  },
  rate_limit_exceeded: {
    reason: 'rate_limit_exceeded',
    caller: { kind: 'key', id: 'key_1' },
    limitName: 'requestsPerMinuteMax',
    max: 3,
    used: 3,
    requested: 1,
    retryAfterMs: 20_000,
  },
  request_exceeds_limit: {
    reason: 'request_exceeds_limit',
    caller: { kind: 'key', id: 'key_1' },
    max: 100,
    requestedTokens: 101,
  },
  spend_limit_reached: {
    reason: 'spend_limit_reached',
    caller: { kind: 'account', id: `0x${'c1'.repeat(32)}` },
    max: microUsd(5_000_000n),
    used: microUsd(4_999_999n),
    requested: microUsd(2n),
    retryAfterMs: 1_440_000,
  },
  hold_lost: { reason: 'hold_lost' },
  fx_quote_unavailable: {
    reason: 'fx_quote_unavailable',
    asset: address(`0x${'5'.repeat(40)}`),
  },
  insufficient_balance: {
    reason: 'insufficient_balance',
    requiredAmount: atomic(2n),
    freeAmount: atomic(1n),
  },
  channel_closing: { reason: 'channel_closing' },
  channel_not_found: { reason: 'channel_not_found' },
  voucher_channel_mismatch: { reason: 'voucher_channel_mismatch' },
  voucher_above_balance: { reason: 'voucher_above_balance', balance: atomic(1n) },
  voucher_signature_invalid: { reason: 'voucher_signature_invalid' },
  channel_terms_unacceptable: { reason: 'channel_terms_unacceptable', detail: 'no deposit' },
  deposit_below_minimum: { reason: 'deposit_below_minimum', minimumAmount: atomic(1n) },
  deposit_rejected: { reason: 'deposit_rejected', detail: 'the wallet has too little' },
  deposit_limit_reached: { reason: 'deposit_limit_reached', retryAfterS: 60 },
  deposit_pending: { reason: 'deposit_pending', transactionHash: undefined },
  payment_required: { reason: 'payment_required' },
  payment_malformed: { reason: 'payment_malformed', detail: 'it is not base64' },
  payment_unacceptable: { reason: 'payment_unacceptable', detail: 'the transfer has expired' },
  cumulative_amount_mismatch: { reason: 'cumulative_amount_mismatch', channel: undefined },
  payment_replayed: { reason: 'payment_replayed', response: undefined },
  channel_busy: { reason: 'channel_busy', retryAfterS: 1 },
  api_key_exists: { reason: 'api_key_exists' },
  api_key_not_found: { reason: 'api_key_not_found' },
  key_nonce_stale: { reason: 'key_nonce_stale', lastNonce: 7 },
  api_keys_exhausted: { reason: 'api_keys_exhausted', keysMax: 1000 },
  owner_signature_invalid: { reason: 'owner_signature_invalid' },
  order_outdated: { reason: 'order_outdated' },
  requests_in_flight: { reason: 'requests_in_flight', heldAmount: atomic(1n) },
  refunded_recently: { reason: 'refunded_recently', retryAfterS: 60 },
  nothing_to_refund: { reason: 'nothing_to_refund' },
  deposit_not_found: { reason: 'deposit_not_found' },
  refund_unconfirmed: { reason: 'refund_unconfirmed' },
  billing_query_invalid: { reason: 'billing_query_invalid' },
  too_many_refusals: { reason: 'too_many_refusals', retryAfterS: 1 },
  no_contributor: { reason: 'no_contributor' },
  constraint_filtered: { reason: 'constraint_filtered', filter: 'region' },
  upstream_connection_error: { reason: 'upstream_connection_error' },
  upstream_timeout: { reason: 'upstream_timeout' },
  upstream_stalled: { reason: 'upstream_stalled' },
  upstream_bad_response: { reason: 'upstream_bad_response' },
  upstream_unavailable: { reason: 'upstream_unavailable', status: 500 },
  upstream_rejected: { reason: 'upstream_rejected', status: 400, code: 'upstream_rejected' },
  upstream_credentials_exhausted: { reason: 'upstream_credentials_exhausted' },
  upstream_rate_limited: { reason: 'upstream_rate_limited', retryAfterS: 5 },
  upstream_stream_interrupted: { reason: 'upstream_stream_interrupted' },
  attestation_failed: { reason: 'attestation_failed' },
  proof_not_offered: { reason: 'proof_not_offered', modelId: 'm', provable: ['tiny'] },
  prover_missing: { reason: 'prover_missing', detail: "'npm run zk:install' installs it" },
  proof_queue_full: { reason: 'proof_queue_full', retryAfterS: 5 },
  proof_timeout: { reason: 'proof_timeout' },
  proof_failed: { reason: 'proof_failed' },
  proof_cancelled: { reason: 'proof_cancelled' },
  proof_not_found: { reason: 'proof_not_found' },
  log_not_kept: { reason: 'log_not_kept' },
  log_batch_not_found: { reason: 'log_batch_not_found', batch: '7' },
  log_range_invalid: { reason: 'log_range_invalid', detail: 'from must be less than to' },
  receipt_not_logged: { reason: 'receipt_not_logged' },
  receipt_not_logged_yet: { reason: 'receipt_not_logged_yet', dueInS: 60 },
  store_unavailable: { reason: 'store_unavailable' },
  log_forked: { reason: 'log_forked' },
  chain_unavailable: { reason: 'chain_unavailable' },
  overloaded: { reason: 'overloaded' },
  shutting_down: { reason: 'shutting_down' },
  internal_error: { reason: 'internal_error' },
}

type Entry = { readonly facts: readonly string[]; readonly prose: string }
const entries = new Map<string, Entry>(
  [...document.matchAll(/^### `(\w+)`\n(.+)\n\n((?:[^#\n].*\n|\n)+)/gm)].map(
    ([, reason = '', facts = '', prose = '']) => [
      reason,
      { facts: facts.split(' · ').map((fact) => fact.replaceAll('`', '')), prose },
    ],
  ),
)

/** Headers of an error that tell a client what to do, as the document writes them. */
function advice(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => name === 'x-should-retry' || name === 'retry-after')
    .map(([name, value]) => (name === 'retry-after' ? name : `${name}: ${value}`))
}

test('the document has a heading for each reason of the union, once, and no other', () => {
  expect(reasons.length).toBeGreaterThan(30)
  expect([...entries.keys()].sort()).toEqual([...reasons].sort())
  expect(document.match(/^### /gm)).toHaveLength(reasons.length)
  expect(Object.keys(samples).sort()).toEqual([...reasons].sort())
})

describe.each(Object.entries(samples))('%s', (reason, refusal) => {
  const { status, error, headers } = errorAnswer(refusal)

  test('is documented with its status, type, code and advice', () => {
    const expected = [String(status), error.type, error.code, ...advice(headers)]
    expect(entries.get(reason)?.facts).toEqual(expected)
    expect(entries.get(reason)?.prose.trim()).toMatch(/\.$/)
  })

  test('is told in whole sentences, with a parameter where one is at fault', () => {
    expect(error.message).toMatch(/^[A-Z].*\.$/)
    expect(error.param === null || error.param.length > 0).toBe(true)
    expect(status).toBeGreaterThanOrEqual(400)
  })

  test('is not retried by an SDK where the caller is at fault', () => {
    const retried = status === 408 || status === 409 || status === 429 || status >= 500
    if (error.type === 'invalid_request_error' || error.type === 'insufficient_quota') {
      expect(retried).toBe(false)
    }
    if (status === 402) expect(headers['x-should-retry']).toBe('false')
    if (status === 429) expect(headers['retry-after']).toMatch(/^\d+$/)
  })
})

test('the figures in the document are those of the code', () => {
  const text = document.replace(/\s+/g, ' ')
  const mebibytes = (bytes: number) => `${bytes / 2 ** 20} MiB`
  for (const words of [
    `nested deeper than ${jsonDepthMax} levels`,
    `more than ${jsonNodesMax.toLocaleString('en-US')} members`,
    `\`n\` above ${choicesMax}`,
    `larger than ${mebibytes(requestBodyBytesMax)}`,
    `an event beyond ${mebibytes(sseEventBytesMax)}`,
    `for ${upstreamIdleTimeoutMs / 1000} seconds`,
    `within ${clientRequestTimeoutMs / 1000} seconds`,
  ]) {
    expect(text).toContain(words)
  }
  // In words: a minute, ten minutes, three.
  expect([upstreamFirstByteTimeoutMs, upstreamWholeAnswerTimeoutMs]).toEqual([60_000, 600_000])
  expect(upstreamAttemptsMax).toBe(3)
})

test('what a caller wrote comes back bounded and without what a terminal would obey', () => {
  const hostile = `\u001b[2J\u0000\n${'x'.repeat(500)}`
  for (const refusal of [
    { reason: 'model_not_found', modelId: hostile },
    { reason: 'unknown_url', method: 'GET', path: hostile },
  ] as const) {
    const { message } = errorAnswer(refusal).error
    expect(message).not.toMatch(/\p{Cc}/u)
    expect(message.length).toBeLessThan(300)
  }
})
