import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { capacityReportBytesMax } from '../../../src/base/limits.ts'
import { writeCapacityReport } from '../../../src/domain/capacity-report.ts'
import { askCapacity } from '../../../src/upstream/ask-capacity.ts'
import { UpstreamPools } from '../../../src/upstream/upstream-pools.ts'
import { capacityReport } from '../../support/capacity.ts'

let server: Server
let pools: UpstreamPools
let answer: (request: IncomingMessage, response: ServerResponse) => void

beforeEach(async () => {
  pools = new UpstreamPools()
  server = createServer((request, response) => answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  await pools.close()
  server.closeAllConnections()
  server.close()
})

const ask = (timeoutMs = 20_000, baseUrl?: string) => {
  const { port } = server.address() as AddressInfo
  const url = baseUrl ?? `http://127.0.0.1:${port}/v1`
  return askCapacity(pools, { baseUrl: url, authorization: 'Bearer shown' }, timeoutMs)
}
const answering = (body: string | Buffer, status = 200) => {
  answer = (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body)
  }
}

test('asks at its own URL, with the key that it wants to see', async () => {
  let asked: unknown
  answer = ({ method, url, headers }, response) => {
    asked = { method, url, authorization: headers.authorization, length: headers['content-length'] }
    response.end(writeCapacityReport(capacityReport({ slots: 3 })))
  }
  expect(await ask()).toEqual({ ok: true, value: capacityReport({ slots: 3 }) })
  expect(asked).toEqual({
    method: 'GET',
    url: '/v1/vouch/capacity',
    authorization: 'Bearer shown',
    length: undefined,
  })
})

test.each([404, 405, 501])('status %d says that there is no such question', async (status) => {
  answering('{}', status)
  expect(await ask()).toEqual({ ok: false, error: 'not_offered' })
})

test.each([401, 429, 500, 503])('status %d says nothing', async (status) => {
  answering(writeCapacityReport(capacityReport()), status)
  expect(await ask()).toEqual({ ok: false, error: 'no_answer' })
})

test.each([
  ['something else', '{"object":"list"}'],
  ['nothing', ''],
  ['negative slots', writeCapacityReport(capacityReport({ slots: -4 }))],
])('%s is no report', async (_, body) => {
  answering(body)
  expect(await ask()).toEqual({ ok: false, error: 'unreadable' })
})

test('of a report of ten million bytes no more is read than a report can have', async () => {
  let closed: Promise<unknown> = Promise.resolve()
  answer = (_, response) => {
    closed = once(response, 'close')
    response.writeHead(200, { 'content-length': 10_000_000 })
    response.write(Buffer.alloc(capacityReportBytesMax + 1, ' '))
  }
  expect(await ask()).toEqual({ ok: false, error: 'unreadable' })
  await closed
})

test('who hangs, before its headers or behind them, is not waited for', async () => {
  answer = () => {}
  expect(await ask(30)).toEqual({ ok: false, error: 'no_answer' })
  let closed: Promise<unknown> = Promise.resolve()
  answer = (_, response) => {
    closed = once(response, 'close')
    response.writeHead(200).write('{"object":')
  }
  expect(await ask(60)).toEqual({ ok: false, error: 'no_answer' })
  await closed
})

test('a broken connection and a contributor that is away are no answer', async () => {
  answer = (request) => request.socket.destroy()
  expect(await ask()).toEqual({ ok: false, error: 'no_answer' })
  expect(await ask(20_000, `tunnel://0x${'1'.repeat(40)}/v1`)).toEqual({
    ok: false,
    error: 'no_answer',
  })
})

test('a private address that a stranger named is not dialled', async () => {
  let isAsked = false
  answer = (_, response) => {
    isAsked = true
    response.end()
  }
  const { port } = server.address() as AddressInfo
  const stranger = { baseUrl: `http://127.0.0.1:${port}/v1`, authorization: undefined }
  expect(await askCapacity(pools, { ...stranger, isGuarded: true })).toEqual({
    ok: false,
    error: 'no_answer',
  })
  expect(isAsked).toBe(false)
})
