/*
 * What contracts ask, or somebody for them: rows and schemas of the OpenAPI document. docs/ccip.md and docs/jobs.md say what
 * the members mean.
 */
import type { Operation } from './openapi-operations.ts'
import {
  address,
  amount,
  flag,
  hex32,
  list,
  listObject,
  object,
  orNull,
  ref,
  type Schema,
  signature,
  text,
  whole,
} from './openapi-schemas.ts'

const lookup = {
  access: 'anybody',
  answer: 'LookupAnswer',
  errors: 'LookupError',
} as const

export const contractOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/jobs/quote',
    summary: 'What a job of a contract would cost here',
    access: 'anybody',
    query: {
      ...{ model: text, input_bytes: whole, completion_tokens: whole },
      ...{ callback_gas: whole, agreement: whole, tiers: whole },
    },
    answer: 'JobQuote',
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    summary: 'How a job of a contract goes on',
    access: 'anybody',
    answer: 'ContractJob',
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/input',
    summary: 'Bring the bytes of a job whose input is private, as they are',
    access: 'anybody',
    answer: 'ContractJob',
  },
  {
    method: 'get',
    path: '/admin/v1/jobs',
    summary: 'Jobs of contracts, newest first',
    access: 'admin',
    query: { state: text, limit: whole },
    answer: 'ContractJobList',
  },
  {
    method: 'get',
    path: '/admin/v1/jobs/{id}',
    summary: 'One job of a contract',
    access: 'admin',
    answer: 'ContractJob',
  },
  {
    method: 'post',
    path: '/admin/v1/jobs/{id}/retry',
    summary: 'Go on at once with a job that waits, refused or failed here',
    access: 'admin',
    answer: 'ContractJob',
  },
  {
    method: 'get',
    path: '/ccip/{sender}/{data}',
    summary: 'Answer what a contract asks at once (EIP-3668)',
    ...lookup,
  },
  {
    method: 'post',
    path: '/ccip/{sender}/{data}',
    summary: 'The same; a body is not read, since the path says everything',
    ...lookup,
  },
  {
    method: 'post',
    path: '/ccip',
    summary: 'The same for any length of input',
    body: 'Lookup',
    ...lookup,
  },
  {
    method: 'post',
    path: '/ccip/{sender}',
    summary: 'The same where the URL of the contract has {sender} and no {data}',
    body: 'Lookup',
    ...lookup,
  },
]

export const contractSchemas: Readonly<Record<string, Schema>> = {
  ContractJob: object({
    object: text,
    ...{ id: hex32, source: text, chain_id: whole, coordinator: address, consumer: address },
    ...{ gateway: address, model_id: hex32, model: orNull(text), tiers: whole },
    ...{ agreement: whole, answers_max: whole, max_fee: amount, delivery_fee: amount },
    ...{ callback_gas: whole, input_hash: hex32, is_private: flag, wants_input: flag },
    ...{ state: text, is_open: flag, reason: orNull(text), explained: orNull(text) },
    ...{ detail: orNull(text), failures: whole, found_at: whole, found_in_block: whole },
    ...{ deadline: whole, not_before: whole, ended_at: orNull(whole) },
    transaction: orNull(hex32),
    answers: list(object({ receipt_id: hex32, contributor: orNull(address), content_hash: hex32 })),
  }),
  JobQuote: object({
    object: { const: 'vouch.job_quote' },
    ...{ model: text, model_id: hex32, gateway: address, contributors: whole, tiers: whole },
    prices: object({ prompt: amount, completion: amount }),
    max_fee: amount,
    chains: list(
      object({
        ...{ chain_id: whole, coordinator: address, job_offers: orNull(address) },
        offer: orNull(ref('JobOffer')),
        ...{ gas_max: amount, gas_price_wei: amount },
        ...{ delivery_fee: orNull(amount), escrow: orNull(amount) },
      }),
    ),
  }),
  JobOffer: object({
    ...{ tiers: whole, prompt: amount, completion: amount, delivery_fee: amount },
    ...{ callback_fee_per_mgas: amount, proof_fee: amount, callback_gas_max: whole },
    ...{ delivery_time_min: whole, answers_max: whole },
  }),
  ContractJobList: listObject(ref('ContractJob')),
  Lookup: object({ sender: address, data: signature }),
  LookupAnswer: object({ data: signature }),
  LookupError: { allOf: [ref('Error'), object({ message: text })] },
}
