/*
 * The OpenAPI 3.1 document of this gateway, put together once from the rows of openapi-operations.ts. `GET /openapi.json`.
 */
import type { ServerResponse } from 'node:http'
import { sendJsonText } from '../raw-response.ts'
import { auditSchemas } from './openapi-audits.ts'
import { billingSchemas } from './openapi-billing-schemas.ts'
import { contractSchemas } from './openapi-contracts.ts'
import { contributorSchemas } from './openapi-contributors.ts'
import { endpointSchemas } from './openapi-endpoints.ts'
import { evidenceSchemas } from './openapi-evidence.ts'
import { proofSchemas } from './openapi-inference.ts'
import { type Access, type Operation, operations } from './openapi-operations.ts'
import { inferenceSchemas, ref, type Schema, text } from './openapi-schemas.ts'
import { transparencySchemas } from './openapi-transparency.ts'

const json = (name: string): Schema => ({ 'application/json': { schema: ref(name) } })

const securityOf: Readonly<Record<Access, readonly Schema[]>> = {
  anybody: [],
  key: [{ apiKey: [] }, { anthropicKey: [] }],
  'key-or-payment': [{ apiKey: [] }, { anthropicKey: [] }, { x402: [] }],
  reader: [{ apiKey: [] }, { signedQuery: [] }],
  contributor: [{ signedQuery: [] }],
  auditor: [{ signedQuery: [] }],
  admin: [{ adminToken: [] }],
}

const securitySchemes: Schema = {
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of a payment channel.' },
  anthropicKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'The same key.' },
  x402: {
    type: 'apiKey',
    in: 'header',
    name: 'PAYMENT-SIGNATURE',
    description:
      'A payment that comes with the request (x402 v2); without one a 402 says what to sign.',
  },
  signedQuery: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      '`Vouch <base64url(JSON)>`: a query that the owner signed, for five minutes at most.',
  },
  adminToken: { type: 'http', scheme: 'bearer', description: "The operator's own token." },
}

function operationObject(operation: Operation): Schema {
  const { access, answer, body, isForm, events, errors, path, query, summary } = operation
  const isJson = !answer.includes('/')
  const streamed =
    events === undefined
      ? {}
      : { 'text/event-stream': { schema: text, 'x-event-data': ref(events) } }
  const whole = isJson ? json(answer) : { [answer]: {} }
  const bodyType = isForm ? 'multipart/form-data' : 'application/json'
  return {
    operationId: operationIdOf(operation),
    summary,
    security: securityOf[access],
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: text,
      })),
      ...Object.entries(query ?? {}).map(([name, schema]) => ({ name, in: 'query', schema })),
    ],
    ...(body !== undefined && {
      requestBody: { required: true, content: { [bodyType]: { schema: ref(body) } } },
    }),
    responses: {
      200: { description: 'Done.', content: { ...whole, ...streamed } },
      default: {
        description: 'Refused, with the reason as its code (docs/errors.md).',
        content: json(errors ?? 'Error'),
      },
    },
  }
}

const operationIdOf = ({ method, path }: Operation): string =>
  `${method}${path.replace(/\W+(\w)/g, (_, first: string) => first.toUpperCase()).replace(/\W/g, '')}`

function pathsOf(rows: readonly Operation[]): Schema {
  const paths: Record<string, Record<string, Schema>> = {}
  for (const row of rows) {
    paths[row.path] = { ...paths[row.path], [row.method]: operationObject(row) }
  }
  return paths
}

export const openApiDocument: Schema = {
  openapi: '3.1.0',
  info: {
    title: 'Vouch',
    version: '1',
    description:
      'An OpenAI-compatible inference gateway whose answers are metered on payment channels and come with receipts that a contract can check.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  paths: pathsOf(operations),
  components: {
    schemas: {
      ...inferenceSchemas,
      ...endpointSchemas,
      ...proofSchemas,
      ...billingSchemas,
      ...contributorSchemas,
      ...contractSchemas,
      ...auditSchemas,
      ...evidenceSchemas,
      ...transparencySchemas,
    },
    securitySchemes,
  },
}

let documentText: string | undefined

/** `GET /openapi.json` */
export function retrieveOpenApi(outgoing: ServerResponse): void {
  documentText ??= JSON.stringify(openApiDocument)
  sendJsonText(outgoing, documentText)
}
