/*
 * The transparency log: its rows and schemas of the OpenAPI document. docs/transparency.md says what the members mean.
 */
import type { Operation } from './openapi-operations.ts'
import {
  address,
  flag,
  hex32,
  list,
  object,
  orNull,
  ref,
  type Schema,
  signature,
  text,
  whole,
} from './openapi-schemas.ts'

export const transparencyOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/transparency/head',
    summary: 'Where the transparency log stands, and what it promises',
    access: 'anybody',
    answer: 'TransparencyLog',
  },
  {
    method: 'get',
    path: '/v1/transparency/batches/{id}',
    summary: 'The signed head of a batch; with .jsonl after its number, its entries',
    access: 'anybody',
    answer: 'LogHead',
  },
  {
    method: 'get',
    path: '/v1/transparency/consistency',
    summary: 'That one head of the log leads to a later one',
    access: 'anybody',
    query: { from: whole, to: whole },
    answer: 'LogConsistency',
  },
  {
    method: 'get',
    path: '/v1/transparency/proof',
    summary: 'That a receipt is in the log, for whoever knows its digest',
    access: 'anybody',
    query: { digest: hex32, gatewaySeq: whole },
    answer: 'InclusionProof',
  },
  {
    method: 'get',
    path: '/v1/receipts/{id}/proof',
    summary: 'That a receipt is in the log, for who paid for it',
    access: 'key',
    answer: 'InclusionProof',
  },
]

const domain: Schema = object({
  name: text,
  version: text,
  chainId: whole,
  verifyingContract: address,
})
const anchor: Schema = object({
  contract: address,
  sender: address,
  transactionHash: hex32,
  blockNumber: whole,
  anchoredAt: whole,
})
const head: Schema = object({
  gateway: address,
  batch: whole,
  root: hex32,
  count: whole,
  firstSeq: whole,
  head: hex32,
  entriesHash: hex32,
  closedAt: whole,
})

export const transparencySchemas: Readonly<Record<string, Schema>> = {
  TransparencyLog: object({
    object: { const: 'vouch.transparency_log' },
    gateway: address,
    domain,
    receiptAnchor: address,
    sender: address,
    batches: whole,
    anchoredBatches: whole,
    promiseS: whole,
    isPromising: flag,
    head: orNull(ref('LogHead')),
  }),
  LogHead: object({
    object: { const: 'vouch.log_head' },
    head,
    signature,
    domain,
    anchor: orNull(anchor),
  }),
  LogConsistency: object({
    object: { const: 'vouch.consistency_proof' },
    from: ref('LogHead'),
    to: ref('LogHead'),
    batches: list(object({ batch: whole, root: hex32, count: whole })),
  }),
  InclusionProof: object({
    object: { const: 'vouch.inclusion_proof' },
    digest: hex32,
    gatewaySeq: whole,
    index: whole,
    siblings: list(hex32),
    log: ref('LogHead'),
  }),
}
