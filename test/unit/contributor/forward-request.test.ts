import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forwardTo } from '../../../src/contributor/forward-request.ts'

/** Of the machine's owner, and none of the gateway's business. */
let neighbour: Server
let engine: Server
let asked: string[]

const originOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeEach(async () => {
  asked = []
  engine = createServer(({ url }, response) => {
    asked.push(`engine ${url}`)
    response.end('{}')
  })
  neighbour = createServer((_, response) => {
    asked.push('neighbour')
    response.end('{}')
  })
  for (const server of [engine, neighbour]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  }
})
afterEach(() => {
  for (const server of [engine, neighbour]) server.close()
})

/** The status of the answer, or that it failed. */
const ask = (path: string): Promise<number | 'failed'> =>
  new Promise((resolve) => {
    const address = { origin: originOf(engine), headers: { authorization: 'Bearer of the engine' } }
    let status = 0
    forwardTo(address).answer(
      { method: 'GET', path, headers: {}, body: Buffer.alloc(0) },
      {
        head: (answered) => {
          status = answered
        },
        write: () => true,
        end: () => resolve(status),
        fail: () => resolve('failed'),
        onDrain: () => {},
        onGone: () => {},
      },
    )
  })

test('what is asked goes to the engine, with its query', async () => {
  expect(await ask('/v1/models?limit=1')).toBe(200)
  expect(asked).toEqual(['engine /v1/models?limit=1'])
})

test('no path leads anywhere else, with the key of the engine', async () => {
  const host = originOf(neighbour).slice('http:'.length)
  for (const path of [
    host,
    `http:${host}/secrets`,
    `/\\${host.slice(2)}/x`,
    `\\\\${host.slice(2)}`,
  ]) {
    await ask(path)
  }
  expect(asked).not.toContain('neighbour')
})

test('a path that is none is refused, and nothing is thrown', async () => {
  for (const path of ['', '*', 'v1/models', '/v1/ models', '/v1/\u00e9', '/\n']) {
    expect(await ask(path)).toBe('failed')
  }
  expect(asked).toEqual([])
})
