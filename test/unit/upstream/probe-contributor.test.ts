import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lentKeyProbeBytesMax } from '../../../src/base/limits.ts'
import { probeContributor } from '../../../src/upstream/probe-contributor.ts'
import { UpstreamPools } from '../../../src/upstream/upstream-pools.ts'

type Asked = {
  readonly line: string
  readonly authorization: string | undefined
  readonly body: string
}
type Reply = readonly [status: number, body: string, headers?: Record<string, string>]

let server: Server
let pools: UpstreamPools
let asked: Asked[]
let reply: (line: string, body: string) => Reply

const listed: Reply = [200, '{"object":"list","data":[{"id":"m"}]}']
const answered: Reply = [200, '{"choices":[{"message":{"content":"Hi"}}]}']
const good = (line: string): Reply => (line.startsWith('GET') ? listed : answered)

beforeEach(async () => {
  asked = []
  reply = good
  pools = new UpstreamPools()
  server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
    const line = `${request.method} ${request.url}`
    asked.push({ line, authorization: request.headers.authorization, body })
    const [status, text, headers = {}] = reply(line, body)
    response.writeHead(status, headers).end(text)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  await pools.close()
  server.closeAllConnections()
  server.close()
})

const probe = (models: readonly string[] = ['m'], isGuarded = false) =>
  probeContributor(pools, {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    isGuarded,
    authorization: 'Bearer sk-tried',
    models,
  })
const faultOf = async (...asking: Parameters<typeof probe>) => {
  const probed = await probe(...asking)
  return probed.ok ? 'good' : probed.error
}

describe('probeContributor', () => {
  test('asks for the models and for one token of each, with the key', async () => {
    expect(await faultOf(['m', 'n'])).toBe('good')
    expect(asked.map(({ line }) => line).toSorted()).toEqual([
      'GET /v1/models',
      'POST /v1/chat/completions',
      'POST /v1/chat/completions',
    ])
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer sk-tried']),
    )
    const bodies = asked.slice(1).map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    expect(bodies.map(({ model, max_tokens }) => [model, max_tokens])).toEqual([
      ['m', 1],
      ['n', 1],
    ])
  })

  test('asks a model that knows no max_tokens again in its own words', async () => {
    reply = (line, body) => {
      if (line.startsWith('GET')) return listed
      return body.includes('"max_tokens"') ? [400, '{"error":{"message":"unsupported"}}'] : answered
    }
    expect(await faultOf()).toBe('good')
    expect(asked.at(-1)?.body).toContain('"max_completion_tokens":16')
  })

  test.each([
    [
      'a key that is refused',
      (): Reply => [401, '{"error":"no such key sk-tried"}'],
      'GET /models was answered with status 401',
    ],
    [
      'a list that is none',
      (): Reply => [200, '<html>sk-tried</html>'],
      'GET /models was not answered with a list',
    ],
    [
      'a redirect',
      (): Reply => [302, '', { location: 'http://127.0.0.1:1/v1/models' }],
      'GET /models was answered with status 302',
    ],
    [
      'a model that is not there',
      (line: string): Reply => (line.startsWith('GET') ? listed : [404, '{"error":"sk-tried"}']),
      "a request for 'm' was answered with status 404",
    ],
    [
      'an answer that is none',
      (line: string): Reply => (line.startsWith('GET') ? listed : [200, '{"sk-tried":1}']),
      "a request for 'm' was not answered as OpenAI does",
    ],
    [
      'an answer without end',
      (): Reply => [200, `{"data":[],"x":"${'y'.repeat(lentKeyProbeBytesMax)}"}`],
      'GET /models was not answered with a list',
    ],
  ] as const)('tells of %s what was seen and not what was said', async (_what, replies, fault) => {
    reply = replies
    expect(await faultOf()).toBe(fault)
  })

  test('whoever is not there, or not public, is told in the same words', async () => {
    expect(await faultOf(['m'], true)).toMatch(/^it could not be reached at a public address/)
    expect(asked).toEqual([])
    const { port } = server.address() as AddressInfo
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    const gone = await probeContributor(pools, {
      baseUrl: `http://127.0.0.1:${port}/v1`,
      isGuarded: false,
      authorization: undefined,
      models: [],
    })
    expect(gone).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^it could not be reached/),
    })
  })
})
