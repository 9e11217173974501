import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'
import { noHeaders } from '../../../src/upstream/answer-headers.ts'
import type { Exchange, ExchangeListener } from '../../../src/upstream/exchange.ts'
import { type Attempt, type OpenedAnswer, openAnswer } from '../../../src/upstream/open-answer.ts'
import { UpstreamPools } from '../../../src/upstream/upstream-pools.ts'

let server: Server
let pools: UpstreamPools

beforeEach(async () => {
  pools = new UpstreamPools()
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  await pools.close()
  server.closeAllConnections()
  server.close()
})

const attempt = (cancellation = new Cancellation()): Attempt => ({
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/v1`,
  path: '/chat/completions',
  headers: { 'x-test': 'yes' },
  body: Buffer.from('{}'),
  stream: true,
  cancellation,
})

/** Everything that an opened answer says until its end. */
function readAll(opened: OpenedAnswer): Promise<{ readonly body: string; readonly end: string }> {
  const chunks: Buffer[] = []
  const said = (end: string) => ({ body: Buffer.concat(chunks).toString(), end })
  return new Promise((resolve) =>
    opened.flow({
      data: (chunk) => {
        chunks.push(chunk)
        return true
      },
      end: () => resolve(said('end')),
      fail: ({ reason }) => resolve(said(reason)),
    }),
  )
}

describe('openAnswer', () => {
  test('posts the body to the path below the base URL, and opens the answer', async () => {
    server.on('request', async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
      response.setHeader('content-type', 'text/plain')
      response.setHeader('x-vouch-work', 'signed')
      response.end(`${request.method} ${request.url} ${request.headers['x-test']} ${body}`)
    })
    const opened = await openAnswer(pools, attempt())
    if (!opened.ok) throw new Error(opened.error.reason)
    expect(opened.value).toMatchObject({ contentType: 'text/plain', encodedWork: 'signed' })
    expect(await readAll(opened.value)).toEqual({
      body: 'POST /base/v1/chat/completions yes {}',
      end: 'end',
    })
  })

  test.each([200, 402, 503])('tells the voucher that comes with a %i', async (status) => {
    server.on('request', (_request, response) => {
      response.writeHead(status, { 'x-vouch-voucher': 'shown' })
      response.end('{"error":{"code":"credit_exhausted"}}')
    })
    const vouchers: string[] = []
    const opened = await openAnswer(pools, {
      ...attempt(),
      onShownVoucher: (voucher) => vouchers.push(voucher),
    })
    expect(opened.ok).toBe(status === 200)
    if (opened.ok) opened.value.abort()
    else if (status === 402) expect(opened.error.reason).toBe('upstream_credit_exhausted')
    expect(vouchers).toEqual(['shown'])
  })

  test('nothing flows before it is asked for, and a pause holds until the sink resumes', async () => {
    server.on('request', (_request, response) => response.end('x'.repeat(1_000_000)))
    const opened = await openAnswer(pools, attempt())
    if (!opened.ok) throw new Error(opened.error.reason)
    let received = 0
    let pauses = 0
    await new Promise<void>((resolve) => {
      opened.value.flow({
        data: (chunk) => {
          received += chunk.length
          pauses += 1
          setImmediate(() => opened.value.resume())
          return false
        },
        end: resolve,
        fail: () => resolve(),
      })
    })
    expect(received).toBe(1_000_000)
    expect(pauses).toBeGreaterThan(1)
  })

  test('an attempt that is cancelled while it waits settles at once, and nothing of it is sent', async () => {
    const cancellation = new Cancellation()
    let heard = 0
    server.on('connection', () => {
      heard += 1
    })
    const opened = openAnswer(pools, attempt(cancellation))
    cancellation.cancel()
    const gone = { ok: false, error: { reason: 'upstream_connection_error' } }
    expect(await opened).toEqual(gone)
    expect(await openAnswer(pools, attempt(cancellation))).toEqual(gone)
    const next = openAnswer(pools, attempt())
    await once(server, 'request')
    await pools.close()
    expect(await next).toEqual(gone)
    // The first may have been on its way to the door already, the second never was.
    expect(heard).toBeLessThanOrEqual(2)
  })

  test('what comes and ends before anybody listens is kept', async () => {
    const hasty = poolsThat((listener) => {
      listener.started(exchange)
      listener.answered(200, { ...noHeaders(), contentType: 'text/plain' })
      listener.received(Buffer.from('all of it'))
      listener.ended()
    })
    const opened = await openAnswer(hasty, attempt())
    if (!opened.ok) throw new Error(opened.error.reason)
    expect(await readAll(opened.value)).toEqual({ body: 'all of it', end: 'end' })
  })

  test('what fails before anybody listens is told', async () => {
    const hasty = poolsThat((listener) => {
      listener.started(exchange)
      listener.answered(200, noHeaders())
      listener.failed('interrupted')
    })
    const opened = await openAnswer(hasty, attempt())
    if (!opened.ok) throw new Error(opened.error.reason)
    expect(await readAll(opened.value)).toEqual({ body: '', end: 'upstream_stream_interrupted' })
  })

  test('an error body is read up to a bound, and the status told all the same', async () => {
    server.on('request', (_request, response) => {
      response.on('error', () => {})
      response.writeHead(400)
      const pump = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000))) {}
      }
      response.on('drain', pump)
      pump()
    })
    expect(await openAnswer(pools, attempt())).toEqual({
      ok: false,
      error: { reason: 'upstream_rejected', status: 400, code: 'upstream_rejected' },
    })
  })
})

const exchange: Exchange = { pause: () => {}, resume: () => {}, abort: () => {} }

/** Pools whose one connection does as a test says: orders of events that a real socket shows only now and then. */
const poolsThat = (dispatch: (listener: ExchangeListener) => void): UpstreamPools =>
  ({
    timeouts: pools.timeouts,
    dispatch: (_place: unknown, _request: unknown, listener: ExchangeListener) =>
      dispatch(listener),
  }) as unknown as UpstreamPools
