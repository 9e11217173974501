/*
 * Every route of the gateway as a row: what docs and tools are told of it. A test compares the rows with the routes that are
 * mounted, both ways.
 */
import { auditOperations } from './openapi-audits.ts'
import { contractOperations } from './openapi-contracts.ts'
import { contributorOperations } from './openapi-contributors.ts'
import { endpointOperations } from './openapi-endpoints.ts'
import { evidenceOperations } from './openapi-evidence.ts'
import { proofOperations } from './openapi-inference.ts'
import { type Schema, text, whole } from './openapi-schemas.ts'
import { transparencyOperations } from './openapi-transparency.ts'

export type Operation = {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** As OpenAPI spells it, such as `/v1/receipts/{id}`. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  /** Name of the body's schema; multipart where `isForm`. */
  readonly body?: string
  readonly isForm?: boolean
  readonly query?: Readonly<Record<string, Schema>>
  /** Name of the answer's schema, or a media type where it is no JSON. */
  readonly answer: string
  /** Name of the schema of each event's data where the answer may be a stream. */
  readonly events?: string
  /** Name of the schema of its errors; OpenAI's where nothing is said. */
  readonly errors?: string
}

/** Who may ask; each but `anybody` is a security scheme, or several of which one suffices. */
export type Access =
  | 'anybody'
  | 'key'
  | 'key-or-payment'
  | 'reader'
  | 'contributor'
  | 'auditor'
  | 'admin'

/** One that models are asked at, and its GET, which tells a payer without a key what to sign. */
const asked = (operation: Omit<Operation, 'method' | 'access'>): readonly Operation[] => [
  { method: 'post', access: 'key-or-payment', ...operation },
  {
    method: 'get',
    path: operation.path,
    summary:
      'What a payer without a key needs to know (x402), and where it asks for its money back',
    access: 'anybody',
    answer: 'PaidRefund',
  },
]

const inference: readonly Operation[] = [
  ...asked({
    path: '/v1/chat/completions',
    summary: 'Create a chat completion',
    body: 'ChatCompletionRequest',
    answer: 'ChatCompletion',
    events: 'ChatCompletionChunk',
  }),
  ...endpointOperations.flatMap(asked),
  ...asked({
    path: '/v1/responses',
    summary: "Create a response (OpenAI's Responses API)",
    body: 'ResponsesRequest',
    answer: 'Response',
    events: 'ResponseEvent',
  }),
  ...asked({
    path: '/v1/messages',
    summary: "Create a message (Anthropic's API)",
    body: 'MessagesRequest',
    answer: 'Message',
    events: 'MessageEvent',
    errors: 'MessagesError',
  }),
  {
    method: 'get',
    path: '/v1/models',
    summary: 'List the models',
    access: 'anybody',
    answer: 'ModelList',
  },
  {
    method: 'get',
    path: '/v1/models/{id}',
    summary: 'One model; its id may contain slashes',
    access: 'anybody',
    answer: 'Model',
  },
  {
    method: 'get',
    path: '/v1/receipts/{id}',
    summary: 'The receipt of an answer, for the account that paid for it',
    access: 'reader',
    query: { include: text, signature: text },
    answer: 'Receipt',
  },
  {
    method: 'post',
    path: '/v1/receipts/{id}/countersignature',
    summary: 'Accept the charge of a receipt, by a signature of its payer',
    access: 'anybody',
    body: 'CountersignatureOrder',
    answer: 'Countersignature',
  },
  {
    method: 'get',
    path: '/v1/key',
    summary: 'What the key that asks may have, and what is left of it',
    access: 'key',
    answer: 'KeyStatus',
  },
  {
    method: 'get',
    path: '/v1/usage/requests/{id}',
    summary: 'What became of a request: who was asked, what was counted, what it cost',
    access: 'reader',
    answer: 'RequestUsage',
  },
]

const billing: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/billing/terms',
    summary: 'What a channel must look like to be served on, and the prices',
    access: 'anybody',
    query: { chain_id: whole, asset: text },
    answer: 'Terms',
  },
  {
    method: 'get',
    path: '/v1/billing/channel',
    summary: "The state of the reader's channel",
    access: 'reader',
    answer: 'Channel',
  },
  {
    method: 'post',
    path: '/v1/billing/deposits',
    summary: 'Have a signed ERC-3009 deposit sent',
    access: 'anybody',
    body: 'DepositOrder',
    answer: 'Deposit',
  },
  {
    method: 'get',
    path: '/v1/billing/deposits/{id}',
    summary: 'How far a deposit is',
    access: 'anybody',
    answer: 'Deposit',
  },
  {
    method: 'post',
    path: '/v1/billing/vouchers',
    summary: 'Raise the tranche by a signed voucher',
    access: 'anybody',
    body: 'Voucher',
    answer: 'Channel',
  },
  {
    method: 'get',
    path: '/v1/billing/keys',
    summary: 'Every API key of the channel',
    access: 'reader',
    answer: 'ApiKeyList',
  },
  {
    method: 'post',
    path: '/v1/billing/keys',
    summary: 'Grant an API key by its hash',
    access: 'anybody',
    body: 'KeyGrant',
    answer: 'ApiKey',
  },
  {
    method: 'post',
    path: '/v1/billing/keys/revoke',
    summary: 'Revoke an API key',
    access: 'anybody',
    body: 'KeyRevocation',
    answer: 'ApiKey',
  },
  {
    method: 'get',
    path: '/v1/billing/receipts',
    summary: 'The receipts of the channel, in their order',
    access: 'reader',
    query: { after: whole, limit: whole },
    answer: 'ReceiptList',
  },
  {
    method: 'post',
    path: '/v1/billing/refund',
    summary: 'Have everything that was not charged sent back',
    access: 'anybody',
    body: 'RefundOrder',
    answer: 'Refund',
  },
]

const others: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/contributors/me/voucher',
    summary: 'What a contributor earned and was promised',
    access: 'contributor',
    answer: 'Payout',
  },
  {
    method: 'post',
    path: '/v1/contributors/me/voucher',
    summary: 'Show the newest voucher that a contributor holds',
    access: 'anybody',
    body: 'ShownVoucher',
    answer: 'Payout',
  },
  {
    method: 'get',
    path: '/health/live',
    summary: 'Whether the process runs',
    access: 'anybody',
    answer: 'Health',
  },
  {
    method: 'get',
    path: '/health/ready',
    summary: 'Whether new requests are taken',
    access: 'anybody',
    answer: 'Health',
  },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    access: 'anybody',
    answer: 'OpenApi',
  },
]

export const operations: readonly Operation[] = [
  ...inference,
  ...billing,
  ...contributorOperations,
  ...contractOperations,
  ...auditOperations,
  ...transparencyOperations,
  ...evidenceOperations,
  ...proofOperations,
  ...others,
]
