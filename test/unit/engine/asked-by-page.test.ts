import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAskedByPage } from '../../../src/engine/asked-by-page.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { type EngineServer, startEngineServer } from '../../../src/engine/engine-server.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'

test('programs say nothing, or where they mean to be', () => {
  for (const host of ['127.0.0.1:8000', 'localhost:8000', '[::1]:8000', '10.0.0.7', undefined]) {
    expect(isAskedByPage({ host })).toBe(false)
  }
})

test('a page of this machine may ask, and no other', () => {
  const host = '127.0.0.1:8000'
  for (const origin of ['http://localhost:3000', 'http://127.0.0.1', 'http://ui.localhost']) {
    expect(isAskedByPage({ host, origin })).toBe(false)
  }
  const others = [
    'https://evil.example',
    'null',
    '',
    'http://10.0.0.7',
    'http://127.0.0.1.evil.example',
  ]
  for (const origin of others) expect(isAskedByPage({ host, origin })).toBe(true)
})

test('a name that was made to stand for this machine is not its own', () => {
  for (const host of ['evil.example:8000', '127.evil.example', 'localhost.evil.example', '@']) {
    expect(isAskedByPage({ host })).toBe(true)
  }
})

let server: EngineServer
beforeEach(async () => {
  const engine = createEngine({
    ...{ model: await loadBuiltInModel(), workSigner: undefined, nowMs: Date.now },
    ...{ slotsMax: 1, batchRowsMax: 1, waitingMax: 0, prefixCacheBytesMax: 0 },
  })
  const place = { host: '127.0.0.1', port: 0, secret: undefined, onRequestEnd: () => {} }
  server = await startEngineServer(engine, place)
})
afterEach(() => server.stop())

const ask = (
  headers: Readonly<Record<string, string>>,
): Promise<readonly [number | undefined, unknown]> =>
  new Promise((resolve, reject) => {
    const body = '{"model":"vouch-mini","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}'
    const asking = request(`${server.url}/v1/chat/completions`, { method: 'POST', headers })
    asking.on('error', reject)
    asking.on('response', (response) => {
      json(response).then((answer) => resolve([response.statusCode, answer]), reject)
    })
    asking.end(body)
  })

test('an engine without a secret computes nothing for a web page', async () => {
  // What a page may send to anybody without being allowed to.
  const blind = { origin: 'https://evil.example', 'content-type': 'text/plain' }
  expect(await ask(blind)).toMatchObject([403, { error: { code: 'asked_by_page' } }])
  const rebound = { host: 'evil.example', origin: 'http://evil.example' }
  expect(await ask(rebound)).toMatchObject([403, { error: { code: 'asked_by_page' } }])
  expect(await ask({})).toMatchObject([200, { object: 'chat.completion' }])
})
