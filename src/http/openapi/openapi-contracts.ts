/*
 * What contracts ask, or somebody for them: rows and schemas of the OpenAPI document. docs/ccip.md and docs/jobs.md say what
 * the members mean.
 */
import type { Operation } from './openapi-operations.ts'
import { address, object, ref, type Schema, signature, text } from './openapi-schemas.ts'

const lookup = {
  access: 'anybody',
  answer: 'LookupAnswer',
  errors: 'LookupError',
} as const

export const contractOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/ccip/{sender}/{data}',
    summary: 'Answer what a contract asks at once (EIP-3668)',
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
  Lookup: object({ sender: address, data: signature }),
  LookupAnswer: object({ data: signature }),
  LookupError: { allOf: [ref('Error'), object({ message: text })] },
}
