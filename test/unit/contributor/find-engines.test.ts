/*
 * Servers that are engines, or look like one, each on a loopback port of its own. What each kind of engine answers is in
 * test/fixtures/engines; here is what those records do not hold.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import {
  findEngines,
  lookAtEngine,
  usualEnginePorts,
} from '../../../src/contributor/find-engines.ts'
import { engineKinds } from '../../support/engine-records.ts'
import { startFixtureEngine } from '../../support/fixture-engine.ts'

type Answers = Readonly<Record<string, unknown>>

const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
})

/** A server that answers these paths, and everything else as most do that do not know a path. */
async function serve(
  answers: Answers | ((path: string, body: string, key: string | undefined) => unknown),
): Promise<{ readonly origin: string; readonly asked: readonly string[] }> {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const path = request.url ?? ''
    asked.push(path)
    const body = Buffer.concat(chunks).toString()
    const answer =
      typeof answers === 'function'
        ? answers(path, body, request.headers.authorization)
        : answers[path]
    const isText = typeof answer === 'string'
    response.statusCode = answer === undefined ? 404 : 200
    if (typeof (answer as { status?: unknown })?.status === 'number') {
      response.statusCode = (answer as { status: number }).status
    }
    response.end(isText ? answer : JSON.stringify(answer ?? { detail: 'Not Found' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

test('each engine of the records is known for what it is, and for what it tells of its model', async () => {
  const told = {
    vllm: { name: 'vLLM', slots: undefined },
    'llama-cpp': { name: 'llama.cpp server', slots: 4, details: '7.6B' },
    // These two records have the model's own length as well; what it is loaded with is what a prompt gets.
    ollama: { name: 'Ollama', slots: undefined, details: '3.2B Q4_K_M', context: 4096 },
    'lm-studio': {
      name: 'LM Studio',
      slots: undefined,
      details: 'qwen2 Q4_K_M',
      context: 8192,
    },
    sglang: { name: 'SGLang', slots: 48 },
    tgi: { name: 'text-generation-inference', slots: 128 },
  }
  for (const kind of engineKinds) {
    const engine = await startFixtureEngine(kind)
    closing.push(() => void engine.close())
    const { record, origin, baseUrl } = engine
    const ofRecord = { details: undefined, context: record.contextTokensMax }
    const { details, context, ...facts } = { ...ofRecord, ...told[kind] }
    const found = await lookAtEngine({ origin, apiKey: undefined })
    expect(found).toMatchObject({ kind, baseUrl, isLocked: false, ...facts })
    expect(found?.version ?? null).toBe(record.version)
    expect(found?.models.filter(({ writesText }) => writesText)).toMatchObject([
      {
        id: record.model,
        contextTokensMax: context,
        details,
        writesText: true,
        modelId: undefined,
      },
    ])
    expect(usualEnginePorts).toContain(record.port)
  }
})

const list = (...data: readonly object[]) => ({ object: 'list', data })
const look = (origin: string, apiKey?: string) => lookAtEngine({ origin, apiKey })

test('Ollama: what a model is loaded with, what its Modelfile says, and else the smallest default', async () => {
  const shown: Answers = {
    'llama3.1:8b': {
      details: { parameter_size: '8.0B', quantization_level: 'Q4_K_M' },
      model_info: { 'general.architecture': 'llama', 'llama.context_length': 131_072 },
      capabilities: ['completion', 'tools'],
    },
    'long:latest': {
      parameters: 'stop "<|end|>"\nnum_ctx                        32768',
      model_info: { 'general.architecture': 'qwen2', 'qwen2.context_length': 32_768 },
      capabilities: ['completion'],
    },
    'running:latest': {
      model_info: { 'general.architecture': 'gemma', 'gemma.context_length': 8192 },
    },
    'nomic-embed-text:latest': {
      model_info: { 'general.architecture': 'nomic', 'nomic.context_length': 2048 },
      capabilities: ['embedding'],
    },
  }
  const { origin } = await serve((path, body) => {
    if (path === '/v1/models') {
      return list(...Object.keys(shown).map((id) => ({ id, object: 'model', owned_by: 'library' })))
    }
    if (path === '/api/version') return { version: '0.12.10' }
    if (path === '/api/tags') return { models: Object.keys(shown).map((name) => ({ name })) }
    if (path === '/api/ps') return { models: [{ name: 'running:latest', context_length: 8192 }] }
    return path === '/api/show' ? shown[(JSON.parse(body) as { model: string }).model] : undefined
  })
  const engine = await look(origin)
  expect(engine).toMatchObject({ kind: 'ollama', version: '0.12.10' })
  expect(
    engine?.models.map((model) => [model.id, model.contextTokensMax, model.writesText]),
  ).toEqual([
    ['llama3.1:8b', 4096, true],
    ['long:latest', 32_768, true],
    ['running:latest', 8192, true],
    ['nomic-embed-text:latest', 2048, false],
  ])
  expect(engine?.models[0]?.details).toBe('8.0B Q4_K_M')
})

test('TGI without a list of models; LocalAI, which speaks like Ollama too', async () => {
  const tgi = await serve({
    '/info': {
      model_id: 'mistralai/Mistral-7B-Instruct-v0.3',
      max_concurrent_requests: 128,
      max_input_tokens: 4095,
      max_total_tokens: 8192,
      version: '3.3.6',
    },
  })
  expect(await look(tgi.origin)).toMatchObject({
    kind: 'tgi',
    slots: 128,
    models: [{ id: 'mistralai/Mistral-7B-Instruct-v0.3', contextTokensMax: 8192 }],
  })
  const localAi = await serve({
    '/v1/models': list({ id: 'phi-4', object: 'model' }),
    '/system': { backends: ['llama-cpp'], loaded_models: [] },
    '/version': { version: 'v3.7.0' },
    '/api/version': { version: '0.0.0' },
    '/api/tags': { models: [] },
  })
  expect(await look(localAi.origin)).toMatchObject({ kind: 'localai', version: 'v3.7.0' })
})

test('an engine of ours has a model id; a gateway of ours is no engine', async () => {
  const models = list({ id: 'vouch-mini', object: 'model', owned_by: 'vouch' })
  const modelId = `0x${'ab'.repeat(32)}`
  const engine = await serve({
    '/v1/models': models,
    '/health': {
      ...{ status: 'ok', model: 'vouch-mini', modelId, contextTokensMax: 1024 },
      ...{ running: 0, waiting: 0, slots: 4 },
      endpoints: ['chat/completions', 'completions', 'embeddings'],
    },
  })
  expect(await look(engine.origin)).toMatchObject({
    kind: 'vouch',
    slots: 4,
    makesVectors: true,
    models: [{ id: 'vouch-mini', modelId, contextTokensMax: 1024 }],
  })
  const gateway = await serve({ '/v1/models': models })
  expect(await look(gateway.origin)).toBeUndefined()
})

test('an engine that wants a key is locked until it is shown the right one, and the key goes to every route', async () => {
  const keys = new Set<string | undefined>()
  const { origin } = await serve((path, _body, key) => {
    if (path !== '/v1/models' || key === 'Bearer right') keys.add(key)
    if (key !== 'Bearer right') return { status: 401, error: { message: 'no', code: null } }
    return path === '/v1/models' ? list({ id: 'some-model', object: 'model' }) : undefined
  })
  expect(await look(origin)).toMatchObject({ isLocked: true, models: [] })
  const open = await look(origin, 'right')
  expect(open).toMatchObject({ kind: 'openai', isLocked: false, models: [{ id: 'some-model' }] })
  expect([...keys]).toEqual(['Bearer right'])
})

test('web pages, other APIs, nonsense and silence are no engines, and keep nobody waiting', async () => {
  const page = await serve((path) => `<!doctype html><title>${path}</title>`)
  const api = await serve({ '/v1/models': { models: 'many' } })
  const login = await serve(() => ({ status: 403, message: 'log in' }))
  const huge = await serve((path) => (path === '/v1/models' ? `[${' '.repeat(5e6)}]` : undefined))
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const silentOrigin = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const closed = await serve({})
  closing.pop()?.()
  const real = await serve({ '/v1/models': list({ id: 'here', object: 'model' }) })
  const found = await findEngines({
    origins: [page, api, login, huge, closed, real]
      .map(({ origin }) => origin)
      .concat(silentOrigin),
    timeLimitMs: 400,
  })
  expect(found.map(({ baseUrl }) => baseUrl)).toEqual([`${real.origin}/v1`])
})
