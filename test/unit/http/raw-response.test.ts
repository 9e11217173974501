import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AnswerClient } from '../../../src/gateway/answer-client.ts'
import {
  errorBody,
  rawAnswerClient,
  sendError,
  watchClient,
} from '../../../src/http/raw-response.ts'

type Exchange = {
  readonly outgoing: ServerResponse
  readonly client: AnswerClient
}

let server: Server
let socket: Socket
let exchange: Exchange

/** One request on a real connection, whose client reads nothing until it is told to. */
beforeEach(async () => {
  const arrived = Promise.withResolvers<Exchange>()
  server = createServer((_incoming, outgoing) => {
    const cancellation = watchClient(outgoing)
    const client = rawAnswerClient(outgoing, { cancellation, requestId: 'req_1', stallMs: 30 })
    arrived.resolve({ outgoing, client })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  exchange = await arrived.promise
})

afterEach(async () => {
  socket.destroy()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** Beyond what the kernel's buffers of one connection take. */
const large = Buffer.alloc(32 * 1024 * 1024, 'x')

describe('a client that does not take what was written', () => {
  test('as a whole answer is closed after the stall timeout', async () => {
    const { client, outgoing } = exchange
    client.answer({}, large)
    await once(outgoing, 'close')
    expect(outgoing.writableFinished).toBe(false)
    expect(client.cancellation.cancelled).toBe(true)
  })

  test('as a stream is told to the writer, and closed', async () => {
    const { client, outgoing } = exchange
    client.startStream({})
    expect(client.write(large)).toBe(false)
    await once(outgoing, 'close')
    expect(client.cancellation.cancelled).toBe(true)
  })

  test('as the last bytes of a stream is closed too', async () => {
    const { client, outgoing } = exchange
    client.startStream({})
    client.endStream(large)
    await once(outgoing, 'close')
    expect(outgoing.writableFinished).toBe(false)
  })

  test('but reads on before that gets everything, and is not timed any more', async () => {
    const { outgoing } = exchange
    // A busy machine may be slower than the short timeout of the other tests: this one must not run out.
    const watched = { cancellation: watchClient(outgoing), requestId: 'req_1', stallMs: 60_000 }
    const client = rawAnswerClient(outgoing, watched)
    client.startStream({})
    expect(client.write(large)).toBe(false)
    expect(outgoing.socket?.timeout).toBe(60_000)
    const drained = new Promise<void>((resolve) => client.onDrain(resolve))
    let received = 0
    socket.on('data', (bytes) => {
      received += bytes.length
    })
    socket.resume()
    await drained
    expect(outgoing.socket?.timeout).toBe(0)
    const end = Buffer.from('the end')
    client.endStream(end)
    await once(outgoing, 'finish')
    expect(client.cancellation.cancelled).toBe(false)
    expect(received).toBeGreaterThan(0)
  })
})

describe('watchClient', () => {
  test('a client that leaves before the end cancels at once, before a byte was written too', async () => {
    const left = new Promise<void>((resolve) => exchange.client.cancellation.onCancel(resolve))
    socket.destroy()
    await left
    expect(exchange.client.cancellation.cancelled).toBe(true)
  })

  test('a client that leaves after the end does not', async () => {
    const { client, outgoing } = exchange
    socket.resume()
    client.answer({}, Buffer.from('{}'))
    await once(outgoing, 'close')
    expect(client.cancellation.cancelled).toBe(false)
  })

  test('a client that had left when it came to be watched is cancelled from the start', async () => {
    const { outgoing } = exchange
    socket.destroy()
    await once(outgoing, 'close')
    expect(watchClient(outgoing).cancelled).toBe(true)
  })
})

describe('sendError', () => {
  test("says it in OpenAI's four keys, with the request's id", async () => {
    const { outgoing } = exchange
    sendError(outgoing, { reason: 'invalid_api_key' }, 'req_1')
    const head = Buffer.concat([...((await once(socket.resume(), 'data')) as Buffer[])]).toString()
    expect(head).toContain('HTTP/1.1 401')
    expect(head).toContain('x-request-id: req_1')
    expect(head).toContain(errorBody({ reason: 'invalid_api_key' }, 'req_1'))
  })

  test('cuts a response that has begun: its status cannot be taken back', async () => {
    const { outgoing, client } = exchange
    client.startStream({})
    client.write(Buffer.from('data: {}\n\n'))
    sendError(outgoing, { reason: 'internal_error' })
    expect(outgoing.destroyed).toBe(true)
  })

  test('says nothing to a client that left', async () => {
    const { outgoing } = exchange
    socket.destroy()
    await once(outgoing, 'close')
    sendError(outgoing, { reason: 'internal_error' })
    expect(outgoing.headersSent).toBe(false)
  })
})

test('an error event of a stream is one data event in the same shape', () => {
  const event = exchange.client.errorEvent({ reason: 'upstream_stalled' }).toString()
  expect(event).toMatch(/^data: \{.*\}\n\n$/)
  expect(JSON.parse(event.slice(6))).toEqual(
    JSON.parse(errorBody({ reason: 'upstream_stalled' }, 'req_1')),
  )
})
