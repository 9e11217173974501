import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'
import { askContributor } from '../../../src/upstream/ask-contributor.ts'
import {
  guardedLookup,
  isGuardedHost,
  type ResolveAll,
} from '../../../src/upstream/guarded-lookup.ts'
import { openAnswer } from '../../../src/upstream/open-answer.ts'
import { UpstreamPools } from '../../../src/upstream/upstream-pools.ts'

const addressesOf = (...texts: readonly string[]): LookupAddress[] =>
  texts.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

/** A name server that says something else each time, and counts. */
function nameServer(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  const resolve: ResolveAll = (hostname, _options, done) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(hostname)
    done(null, addressesOf(...answer))
  }
  return { resolve, asked }
}

const lookUp = (resolve: ResolveAll, all: boolean) =>
  new Promise<unknown>((settle) =>
    guardedLookup(resolve)('api.example.com', { all }, (error, ...found) =>
      settle(error === null ? found : (error as NodeJS.ErrnoException).code),
    ),
  )

test('public names are found as by the system, one or all of their addresses', async () => {
  const { resolve } = nameServer(['1.1.1.1', '2606:4700::1'])
  expect(await lookUp(resolve, true)).toEqual([addressesOf('1.1.1.1', '2606:4700::1')])
  expect(await lookUp(resolve, false)).toEqual(['1.1.1.1', 4])
})

test('one address that is not public makes a name unusable, and so does none', async () => {
  for (const answer of [['127.0.0.1'], ['1.1.1.1', '10.0.0.1'], ['::1'], []]) {
    for (const all of [true, false]) {
      expect(await lookUp(nameServer(answer).resolve, all)).toBe('EADDRNOTPUBLIC')
    }
  }
})

test("the system's own failure stays what it is", async () => {
  const failure = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  expect(await lookUp((_name, _options, done) => done(failure, []), true)).toBe('ENOTFOUND')
})

test('hosts that are addresses are judged as they are written, in every spelling', () => {
  const hostOf = (url: string) => new URL(url).hostname
  const inside = [
    ...['http://127.0.0.1', 'http://2130706433', 'http://0x7f.1', 'http://0177.0.0.1'],
    ...['http://[::1]', 'http://[::ffff:127.0.0.1]', 'http://127.1', 'http://169.254.169.254'],
  ]
  for (const url of inside) expect([url, isGuardedHost(hostOf(url))]).toEqual([url, false])
  for (const url of ['https://1.1.1.1', 'https://[2606:4700::1]', 'https://localhost']) {
    expect([url, isGuardedHost(hostOf(url))]).toEqual([url, true])
  }
})

test('a name that was public once is not dialled when it means this machine: nothing is heard there', async () => {
  const server = createServer((_request, response) => response.end('inside')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let heard = 0
  server.on('connection', () => {
    heard += 1
  })
  const names = nameServer(['1.1.1.1'], ['127.0.0.1'])
  await lookUp(names.resolve, true)
  const pools = new UpstreamPools(undefined, { resolve: names.resolve })
  const ask = (host: string, isGuarded: boolean) =>
    openAnswer(pools, {
      baseUrl: `http://${host}:${port}/v1`,
      isGuarded,
      path: '/chat/completions',
      headers: {},
      body: Buffer.from('{}'),
      stream: false,
      cancellation: new Cancellation(),
    })
  const refused = { ok: false, error: { reason: 'upstream_connection_error' } }
  expect(await ask('rebound.example.com', true)).toEqual(refused)
  expect(await ask('127.0.0.1', true)).toEqual(refused)
  expect(await ask('[::ffff:127.0.0.1]', true)).toEqual(refused)
  expect(heard).toBe(0)
  expect(names.asked).toContain('rebound.example.com')
  // The same server, for the operator's own URL: it is there, and its connections are not shared with strangers.
  expect(await ask('127.0.0.1', false)).toMatchObject({ ok: true })
  expect(await ask('127.0.0.1', true)).toEqual(refused)
  expect(heard).toBe(1)
  await pools.close()
  server.closeAllConnections()
  server.close()
})

test('connections to places that nobody needs any more are let go, and those under way end first', async () => {
  const gate = Promise.withResolvers<void>()
  let asked = 0
  const server = createServer(async (_request, response) => {
    asked += 1
    await gate.promise
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  const connections: Socket[] = []
  server.on('connection', (socket) => connections.push(socket))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const baseUrl = `http://127.0.0.1:${port}/v1`
  const pools = new UpstreamPools()
  const ask = () => askContributor(pools, place, { path: '/', bytesMax: 100, timeoutMs: 30_000 })
  const place = { baseUrl, authorization: undefined }
  const first = ask()
  await vi.waitFor(() => expect(asked).toBe(1))
  pools.retain([{ baseUrl, isGuarded: true }])
  gate.resolve()
  expect(await first).toMatchObject({ ok: true })
  // It ended well, and its connection after it, which nobody may use again.
  await vi.waitFor(() => expect(connections.map(({ destroyed }) => destroyed)).toEqual([true]))
  for (const _time of [1, 2]) expect(await ask()).toMatchObject({ ok: true })
  expect(connections).toHaveLength(2)
  // A place that stays keeps its connections, until it is left too.
  pools.retain([{ baseUrl }])
  expect(await ask()).toMatchObject({ ok: true })
  expect(connections).toHaveLength(2)
  pools.retain([])
  await vi.waitFor(() => expect(connections[1]?.destroyed).toBe(true))
  await pools.close()
  server.closeAllConnections()
  server.close()
})
