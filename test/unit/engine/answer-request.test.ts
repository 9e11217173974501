import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parsePrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { openWorkSigner } from '../../../src/contributor/sign-work.ts'
import { address } from '../../../src/domain/units.ts'
import type { DecoderSession } from '../../../src/engine/decoder-session.ts'
import { createEngine, type Engine } from '../../../src/engine/engine.ts'
import type { RequestEnd } from '../../../src/engine/engine-routes.ts'
import { type EngineServer, startEngineServer } from '../../../src/engine/engine-server.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'
import { memoryJobs } from '../../support/memory-jobs.ts'

/*
 * What a client gets when the engine itself fails. The model is the real one, with a fault put into
 * its decoder.
 */

const account = address(`0x${'0a'.repeat(20)}`)
const privateKey = parsePrivateKey(`0x${'0b'.repeat(32)}`)
if (privateKey === undefined) throw new Error('the test key is a key')

let model: LanguageModel
let engine: Engine
let server: EngineServer
let ends: RequestEnd[]
/** Passes of the model until one fails. */
let passesLeft: number

beforeAll(async () => {
  model = await loadBuiltInModel()
})

afterEach(() => server.stop())

async function start(change: Partial<LanguageModel> = {}): Promise<void> {
  const decoder: DecoderSession = {
    ...model.decoder,
    forward: (input, states) => {
      passesLeft -= 1
      if (passesLeft < 0) return Promise.reject(new Error('the prompt was: my secret'))
      return model.decoder.forward(input, states)
    },
  }
  const workSigner = openWorkSigner({
    privateKey: privateKey as NonNullable<typeof privateKey>,
    contributor: account,
    modelId: model.modelId,
    domain: receiptDomain({ chainId: 1, verifyingContract: account }),
    jobs: memoryJobs(),
  })
  ends = []
  engine = createEngine({
    model: { ...model, decoder, ...change },
    workSigner,
    slotsMax: 1,
    batchRowsMax: 1,
    waitingMax: 0,
    prefixCacheBytesMax: 0,
    nowMs: Date.now,
  })
  const onRequestEnd = (ended: RequestEnd): unknown => ends.push(ended)
  const place = { host: '127.0.0.1', port: 0, secret: undefined, onRequestEnd }
  server = await startEngineServer(engine, place)
}

const ask = (stream: boolean, fields: object = {}): Promise<Response> =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'x-vouch-job': `0x${'0c'.repeat(32)}`,
      'x-vouch-gateway': account,
      'x-vouch-model': model.modelId,
    },
    body: JSON.stringify({
      model: model.name,
      messages: [{ role: 'user', content: 'Hi' }],
      stream,
      max_tokens: 8,
      logit_bias: { [model.config.endTokenId]: -100 },
      ...fields,
    }),
  })

const internalError = {
  error: {
    message: 'The engine failed on this request. It was not your fault.',
    type: 'api_error',
    param: null,
    code: 'internal_error',
  },
}

describe('an engine that fails', () => {
  test('before the first byte answers 500, whole or streamed, and says nothing of the fault', async () => {
    await start()
    for (const stream of [false, true]) {
      passesLeft = 0
      const response = await ask(stream)
      expect(response.status).toBe(500)
      expect(await response.json()).toEqual(internalError)
    }
    expect(ends).toMatchObject([
      { outcome: 'failed', failure: 'Error' },
      { outcome: 'failed', failure: 'Error' },
    ])
    expect(JSON.stringify(ends)).not.toContain('secret')
  })

  test('in the middle of a stream ends it with an error event: no [DONE], no Work', async () => {
    await start()
    passesLeft = 4
    const response = await ask(true)
    expect(response.status).toBe(200)
    const blocks = (await response.text()).split('\n\n')
    expect(blocks.pop()).toBe('')
    expect(blocks.pop()).toBe(`data: ${JSON.stringify(internalError)}`)
    expect(blocks.length).toBeGreaterThanOrEqual(4)
    expect(blocks.every((block) => block.startsWith('data: {"id":"chatcmpl-'))).toBe(true)
  })

  test('gives its turn back, and the job may be asked for again', async () => {
    await start()
    for (const passes of [0, 4]) {
      passesLeft = passes
      await (await ask(false)).arrayBuffer()
    }
    passesLeft = 100
    const answered = await ask(false)
    expect(answered.status).toBe(200)
    expect(answered.headers.get('x-vouch-work')).not.toBeNull()
    const health = await (await fetch(`${server.url}/health`)).json()
    expect(health).toMatchObject({ running: 0, waiting: 0 })
  })

  test('where an answer cannot be written leaves nothing of it in the batch', async () => {
    let named = 0
    const nameOf = (): string => {
      named += 1
      if (named > 3) throw new RangeError('my secret')
      return 'a'
    }
    await start({ tokenizer: { ...model.tokenizer, nameOf } })
    passesLeft = 100
    const streamed = await ask(true, { logprobs: true })
    expect((await streamed.text()).endsWith(`data: ${JSON.stringify(internalError)}\n\n`)).toBe(
      true,
    )
    expect(ends).toMatchObject([{ outcome: 'failed', failure: 'RangeError' }])
    await expect.poll(() => engine.batch.rows()).toBe(0)
  })

  test('while it reads the request answers 500 too', async () => {
    const encodeContent = () => {
      throw new RangeError('my secret')
    }
    await start({ tokenizer: { ...model.tokenizer, encodeContent } })
    passesLeft = 100
    const response = await ask(false)
    expect(response.status).toBe(500)
    expect(ends).toMatchObject([{ outcome: 'failed', failure: 'RangeError' }])
  })
})

describe('a stopping engine', () => {
  test('takes no new connection and finishes what it answers', async () => {
    await start()
    passesLeft = 1000
    const streamed = await ask(true)
    const stopped = server.stop()
    await expect(fetch(`${server.url}/health`)).rejects.toThrow()
    expect((await streamed.text()).endsWith('\n\n')).toBe(true)
    await stopped
    expect(ends).toMatchObject([{ outcome: 'complete', completionTokens: 8 }])
  })

  test('answers 503 to who asks again on a connection that is still open', async () => {
    await start()
    passesLeft = 1000
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    const body = JSON.stringify({
      model: model.name,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      logit_bias: { [model.config.endTokenId]: -100 },
    })
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n`
    socket.write(`${head}\r\n${body}`)
    const received = text(socket)
    await once(socket, 'readable')
    const stopped = server.stop()
    socket.write('GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n')
    expect(await received).toMatch(/data: \[DONE\].*HTTP\/1\.1 503 .*"code":"shutting_down"/s)
    await stopped
  })
})

describe('the id of an answer', () => {
  const idOf = async (requestId: string | undefined, path: string, fields: object) => {
    passesLeft = 100
    const headers: Record<string, string> = {}
    if (requestId !== undefined) headers['x-request-id'] = requestId
    const body = JSON.stringify({ model: model.name, max_tokens: 1, ...fields })
    const answer = await fetch(server.url + path, { method: 'POST', headers, body })
    const text = await answer.text()
    return String(/"id":"([^"]*)"/.exec(text)?.[1])
  }
  const chat = { messages: [{ role: 'user', content: 'Hi' }] }

  test.each([
    ['/v1/chat/completions', 'chatcmpl-', chat],
    ['/v1/chat/completions', 'chatcmpl-', { ...chat, stream: true }],
    ['/v1/completions', 'cmpl-', { prompt: 'Hi' }],
  ])('follows from what a gateway calls the request (%s)', async (path, prefix, fields) => {
    await start()
    const digits = '0123456789abcdef01234567'
    for (const name of [`req_${digits}`, `req_${digits}-2`]) {
      expect(await idOf(name, path, fields)).toBe(prefix + digits)
    }
  })

  test.each([undefined, 'req_', 'a name of its own', `req_${'F'.repeat(24)}`])(
    'is made up for everybody else (%s)',
    async (requestId) => {
      await start()
      const path = '/v1/chat/completions'
      const ids = [await idOf(requestId, path, chat), await idOf(requestId, path, chat)]
      for (const id of ids) expect(id).toMatch(/^chatcmpl-[0-9a-f]{24}$/)
      expect(ids[0]).not.toBe(ids[1])
    },
  )
})
