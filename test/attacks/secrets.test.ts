/*
 * Everywhere that a caller and an engine can put a secret, at every path where models are asked: it is in no line of the log,
 * in no error, and what a caller says in headers stays here.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { offeredAt } from '../support/endpoint-answers.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

const secret = 'sesame-4f1c'
const servicesKey = 'sk-of-the-service'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  const everywhere = offeredAt(
    ...(['chat/completions', 'completions', 'embeddings', 'moderations'] as const),
    ...(['images/generations', 'images/edits', 'audio/speech'] as const),
    ...(['audio/transcriptions', 'audio/translations'] as const),
  )
  gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: upstream.baseUrl, apiKey: servicesKey, offer: everywhere }],
  })
})

afterAll(async () => {
  await gateway.stop()
  await upstream.close()
})

const formType = 'multipart/form-data; boundary=b'
const part = (name: string, content: string, more = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`
const fileOf = (name: string) =>
  part(
    name,
    secret,
    `; filename="${secret}"\r\nContent-Type: audio/${secret}\r\nX-${secret}: ${secret}`,
  )
const tool = { name: secret, description: secret, parameters: { [secret]: secret } }

/** A good request of each path, with the secret in whatever may be anything. */
const asked: Readonly<Record<string, object | string>> = {
  '/v1/chat/completions': {
    messages: [{ role: 'user', name: secret, content: secret }],
    tools: [{ type: 'function', function: tool }],
    metadata: { [secret]: secret },
    [secret]: secret,
  },
  '/v1/responses': {
    input: [{ role: 'user', content: [{ type: 'input_text', text: secret }] }],
    tools: [{ type: 'function', ...tool }],
    metadata: { [secret]: secret },
  },
  '/v1/messages': {
    max_tokens: 9,
    messages: [{ role: 'user', content: secret }],
    tools: [{ name: secret, input_schema: { [secret]: secret } }],
    metadata: { user_id: secret },
  },
  '/v1/completions': { prompt: secret, suffix: secret, user: secret },
  '/v1/embeddings': { input: [secret, secret], user: secret },
  '/v1/moderations': { input: secret, [secret]: secret },
  '/v1/images/generations': { prompt: secret, size: secret, user: secret },
  '/v1/images/edits': part('model', 'm') + part('prompt', secret) + fileOf('image'),
  '/v1/audio/speech': { input: secret, voice: secret, instructions: secret },
  '/v1/audio/transcriptions': part('model', 'm') + part('prompt', secret) + fileOf('file'),
  '/v1/audio/translations': part('model', 'm') + part(secret, secret) + fileOf('file'),
}

/** What an engine can do with what it heard, and with the key that it was asked with. */
const told = `${secret} Bearer ${servicesKey}`
const saysSo =
  (status: number, type: string): Script =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': type, 'x-request-id': told, 'retry-after': told })
    response.end(JSON.stringify({ error: { message: told, type: told, param: told, code: told } }))
  }
const engines: readonly Script[] = [
  ...[200, 302, 400, 401, 404, 413, 418, 422, 429, 500, 503].map((status) =>
    saysSo(status, 'application/json'),
  ),
  saysSo(200, `text/html; ${secret}`),
  saysSo(200, `audio/${secret}; x="<"`),
  (_request, response) => {
    response.destroy(new Error(told))
  },
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(`{"${told}`, () => response.destroy())
  },
]

const send = (path: string, body: object | string) =>
  fetch(`${gateway.origin}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      authorization: `Bearer ${gateway.apiKey}`,
      'content-type': typeof body === 'string' ? formType : 'application/json',
      cookie: secret,
      'user-agent': secret,
      'x-forwarded-for': secret,
      [`x-${secret}`]: secret,
    },
    body: typeof body === 'string' ? `${body}--b--\r\n` : JSON.stringify({ model: 'm', ...body }),
  })

const wholeOf = async (answer: Response) =>
  JSON.stringify([...answer.headers]) + (await answer.text())

test('what a caller says and what a service repeats is in no error, header or line of the log', async () => {
  for (const [path, body] of Object.entries(asked)) {
    for (const [index, engine] of engines.entries()) {
      upstream.become(engine)
      const answer = await send(path, body)
      const whole = await wholeOf(answer)
      expect(answer.status, `${path} ${index} ${whole}`).toBeGreaterThanOrEqual(400)
      expect(whole, `${path} ${index}`).not.toContain(secret)
      expect(whole, `${path} ${index}`).not.toContain(servicesKey)
      expect(upstream.requests.length, `${path} ${index} ${whole}`).toBeGreaterThan(0)
      for (const { headers } of upstream.requests) {
        const { 'content-type': _, ...others } = headers
        expect(JSON.stringify(others), path).not.toContain(secret)
        expect(JSON.stringify(headers), path).not.toContain(gateway.apiKey)
      }
    }
  }
  await gateway.books()
  expect(gateway.log.length).toBeGreaterThanOrEqual(Object.keys(asked).length * engines.length)
  expect(gateway.internalErrors).toEqual([])
  for (const hidden of [secret, servicesKey, gateway.apiKey]) {
    expect(gateway.logText()).not.toContain(hidden)
  }
})
