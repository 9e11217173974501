/*
 * The served OpenAPI document is one by the specification's own schema, and what the gateway really takes and answers is what
 * it says.
 */
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerJson, embeddingList, offeredAt } from '../support/endpoint-answers.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'

const model = 'vouch-mini'

let engine: EngineProcess
let upstream: ScriptedUpstream
let gateway: TestGateway
let document: OpenApi

type Media = Record<string, { readonly schema?: object; readonly 'x-event-data'?: object }>
type Operation = {
  readonly requestBody?: { readonly content: Media }
  readonly responses: Record<string, { readonly content: Media }>
}
type OpenApi = {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object> }
}

beforeAll(async () => {
  engine = await startEngine()
  upstream = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'engine',
        baseUrl: `${engine.url}/v1`,
        offer: {
          modelName: model,
          upstreamModelName: model,
          endpoints: ['chat/completions', 'completions'],
        },
      },
      {
        id: 'others',
        baseUrl: upstream.baseUrl,
        offer: offeredAt('embeddings', 'moderations', 'images/generations'),
      },
    ],
  })
  document = (await (await fetch(`${gateway.origin}/openapi.json`)).json()) as OpenApi
})

afterAll(async () => {
  await gateway.stop()
  await upstream.close()
  await engine.stop()
})

/** A schema of the document, with the others that it names. */
function compiled(schema: object | undefined): ValidateFunction {
  if (schema === undefined) throw new Error('the document has no such schema')
  const ajv = new Ajv2020({ strict: false })
  ajv.addSchema({ $id: 'document', components: document.components })
  return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')))
}

function expectFit(schema: object | undefined, value: unknown): void {
  const validate = compiled(schema)
  expect({ fits: validate(value), errors: validate.errors }).toEqual({ fits: true, errors: null })
}

async function ask(path: string, body?: object): Promise<Response> {
  return fetch(`${gateway.origin}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

const operationOf = (path: string, method: 'get' | 'post'): Operation => {
  const operation = document.paths[path]?.[method]
  if (operation === undefined) throw new Error(`${method} ${path} is not in the document`)
  return operation
}

const answerSchema = (operation: Operation) =>
  operation.responses['200']?.content['application/json']?.schema

test('the document is OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)))
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
})

test('a schema that nothing fits would be found', () => {
  const wrong = compiled(answerSchema(operationOf('/v1/chat/completions', 'post')))
  expect(wrong({ object: 'chat.completion' })).toBe(false)
})

const messages = [{ role: 'user', content: 'Say hello.' }]

describe('what is asked and answered', () => {
  test.each([
    ['/v1/chat/completions', { model, messages, max_tokens: 8 }],
    ['/v1/completions', { model, prompt: 'A receipt is', max_tokens: 8 }],
    ['/v1/responses', { model, input: 'Say hello.', max_output_tokens: 16 }],
    ['/v1/messages', { model, messages, max_tokens: 8 }],
  ])('%s, whole and streamed', async (path, body) => {
    const operation = operationOf(path, 'post')
    expectFit(operation.requestBody?.content['application/json']?.schema, body)
    const whole = await ask(path, body)
    expect(whole.status).toBe(200)
    expectFit(answerSchema(operation), await whole.json())
    const streamed = await ask(path, { ...body, stream: true })
    const events = (await streamed.text())
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice('data: '.length)))
    expect(events.length).toBeGreaterThan(2)
    const schema = operation.responses['200']?.content['text/event-stream']?.['x-event-data']
    for (const event of events) expectFit(schema, event)
  })

  test.each([
    ['/v1/embeddings', { input: 'x' }, embeddingList([[0.5, -1]])],
    [
      '/v1/moderations',
      { input: 'x' },
      {
        id: 'modr-1',
        model: 'm',
        results: [{ flagged: false, categories: {}, category_scores: {} }],
      },
    ],
    ['/v1/images/generations', { prompt: 'x' }, { created: 1, data: [{ url: 'http://i/1' }] }],
  ])('%s', async (path, body, answer) => {
    const operation = operationOf(path, 'post')
    const asked = { model: 'm', ...body }
    expectFit(operation.requestBody?.content['application/json']?.schema, asked)
    upstream.become(answerJson(answer))
    const answered = await ask(path, asked)
    expect(answered.status).toBe(200)
    expectFit(answerSchema(operation), await answered.json())
  })

  test.each([
    ['/v1/models', '/v1/models'],
    ['/v1/models/{id}', `/v1/models/${model}`],
    ['/v1/key', '/v1/key'],
    ['/v1/billing/terms', '/v1/billing/terms'],
    ['/v1/billing/channel', '/v1/billing/channel'],
    ['/v1/billing/keys', '/v1/billing/keys'],
    ['/v1/billing/receipts', '/v1/billing/receipts?limit=2'],
    ['/health/ready', '/health/ready'],
    ['/openapi.json', '/openapi.json'],
  ])('%s', async (path, url) => {
    const answered = await ask(url)
    expect(answered.status).toBe(200)
    expectFit(answerSchema(operationOf(path, 'get')), await answered.json())
  })

  test('the receipt and the account of a request', async () => {
    const answered = await ask('/v1/chat/completions', { model, messages, max_tokens: 8 })
    const receiptId = answered.headers.get('x-vouch-receipt')
    const receipt = await ask(`/v1/receipts/${receiptId}`)
    expectFit(answerSchema(operationOf('/v1/receipts/{id}', 'get')), await receipt.json())
    const usage = await ask(`/v1/usage/requests/${answered.headers.get('x-request-id')}`)
    expect(usage.status).toBe(200)
    expectFit(answerSchema(operationOf('/v1/usage/requests/{id}', 'get')), await usage.json())
  })

  test('every refusal, in the shape of its surface', async () => {
    for (const path of ['/v1/chat/completions', '/v1/responses', '/v1/messages']) {
      const operation = operationOf(path, 'post')
      const refused = await ask(path, { model: 'none' })
      expect(refused.status).toBeGreaterThanOrEqual(400)
      const schema = operation.responses['default']?.content['application/json']?.schema
      expectFit(schema, await refused.json())
    }
  })
})
