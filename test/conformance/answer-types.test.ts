/*
 * What the gateway answers is what OpenAI's own types say, member for member, and what our own document says.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import { misfits, type TypedAnswer } from '../support/openai-types.ts'
import {
  answerStatus,
  chunk,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

const modelName = 'vouch-mini'

let engine: EngineProcess
let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  engine = await startEngine()
  upstream = await startScriptedUpstream(answerStatus(500, '<html>'))
  gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'engine',
        baseUrl: `${engine.url}/v1`,
        offer: {
          modelName,
          upstreamModelName: modelName,
          endpoints: ['chat/completions', 'completions'],
        },
      },
      { id: 'broken', baseUrl: upstream.baseUrl },
    ],
  })
})

afterAll(async () => {
  await gateway.stop()
  await upstream.close()
  await engine.stop()
})

const ask = async (path: string, body?: unknown): Promise<Response> =>
  fetch(`${gateway.origin}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

const eventsOf = (text: string): unknown[] =>
  text
    .split('\n\n')
    .filter((block) => block.startsWith('data: {'))
    .map((block) => JSON.parse(block.slice('data: '.length)))

const chat = {
  model: 'vouch-mini',
  max_tokens: 8,
  messages: [{ role: 'user', content: 'Say hello.' }],
}

test("every answer fits OpenAI's types", async () => {
  const answers: TypedAnswer[] = []
  const add = (name: string, type: string, answer: unknown) => answers.push({ name, type, answer })

  add(
    'a chat completion',
    'OpenAI.Chat.ChatCompletion',
    await (await ask('/v1/chat/completions', chat)).json(),
  )
  const streamed = { ...chat, stream: true, stream_options: { include_usage: true } }
  const text = await (await ask('/v1/chat/completions', streamed)).text()
  const events = eventsOf(text)
  expect(events.length).toBeGreaterThan(4)
  for (const event of events) add('a chunk', 'OpenAI.Chat.ChatCompletionChunk', event)
  const prompt = { model: 'vouch-mini', prompt: 'A receipt is', max_tokens: 8 }
  add('a completion', 'OpenAI.Completion', await (await ask('/v1/completions', prompt)).json())
  // Parts of a streamed one have no type of their own there, and OpenAI's servers do not keep to the whole's.
  const { data } = (await (await ask('/v1/models')).json()) as { data: object[] }
  const [listed = {}] = data
  const { id, object, created, owned_by } = listed as Record<string, unknown>
  add('a model', 'OpenAI.Models.Model', { id, object, created, owned_by })
  const refused = await ask('/v1/chat/completions', { ...chat, model: 'm' })
  const failed = (await refused.json()) as { error: unknown }
  add('an error', 'OpenAI.ErrorObject & { request_id: string }', failed.error)
  expect(await misfits(answers)).toEqual([])
})

test('an answer that does not fit is found by its name', async () => {
  const wrong = await misfits([
    { name: 'good', type: 'OpenAI.Chat.ChatCompletionChunk', answer: chunk({ content: 'x' }) },
    {
      name: 'no choices',
      type: 'OpenAI.Chat.ChatCompletion',
      answer: { ...completion('x'), choices: 1 },
    },
    {
      name: 'unknown',
      type: 'OpenAI.Model',
      answer: { id: 'm', object: 'model', created: 0, owned_by: 'x', y: 1 },
    },
  ])
  expect(wrong.map((line) => line.split(':')[0])).toEqual(
    expect.arrayContaining(['no choices', 'unknown']),
  )
  expect(wrong.some((line) => line.startsWith('good'))).toBe(false)
})
