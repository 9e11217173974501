import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Outgoing } from '../../../src/http/exchange.ts'
import {
  errorBody,
  type RawAnswerClient,
  rawAnswerClient,
  sendError,
  watchClient,
} from '../../../src/http/raw-response.ts'
import {
  type LaneSide,
  lanePath,
  openClient,
  openLaneSide,
  settle,
} from '../../support/lane-place.ts'

type Told = {
  readonly outgoing: Outgoing
  readonly client: RawAnswerClient
}

let side: LaneSide
let socket: Socket
let exchange: Told

/** One request on a real connection, whose client reads nothing until it is told to. */
async function open(withLane: boolean): Promise<void> {
  const arrived = Promise.withResolvers<Told>()
  side = await openLaneSide(
    ({ outgoing }) => {
      const cancellation = watchClient(outgoing)
      const client = rawAnswerClient(outgoing, { cancellation, requestId: 'req_1', stallMs: 30 })
      arrived.resolve({ outgoing, client })
    },
    { withLane },
  )
  socket = await openClient(side.port)
  socket.pause()
  socket.write(`POST ${lanePath} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`)
  exchange = await arrived.promise
}

const closing = (outgoing: Outgoing) =>
  new Promise<void>((resolve) => outgoing.on('close', () => resolve()))

afterEach(async () => {
  socket.destroy()
  await side.close()
})

const answers = [
  ['of Node’s server', false],
  ['of the lane', true],
] as const

/** Beyond what the kernel's buffers of one connection take. */
const large = Buffer.alloc(32 * 1024 * 1024, 'x')

describe.each(answers)('a client that does not take what was written, %s', (_whose, withLane) => {
  beforeEach(() => open(withLane))

  test('as a whole answer is closed after the stall timeout', async () => {
    const { client, outgoing } = exchange
    client.answer({}, large)
    await closing(outgoing)
    expect(outgoing.writableFinished).toBe(false)
    expect(client.cancellation.cancelled).toBe(true)
  })

  test('as a stream is told to the writer, and closed', async () => {
    const { client, outgoing } = exchange
    client.startStream({})
    expect(client.write(large)).toBe(false)
    await closing(outgoing)
    expect(client.cancellation.cancelled).toBe(true)
  })

  test('as the last bytes of a stream is closed too', async () => {
    const { client, outgoing } = exchange
    client.startStream({})
    client.endStream(large)
    await closing(outgoing)
    expect(outgoing.writableFinished).toBe(false)
  })

  test('but reads on before that gets everything, and is not timed any more', async () => {
    const { outgoing } = exchange
    // A busy machine may be slower than the short timeout of the other tests: this one must not run out.
    const watched = { cancellation: watchClient(outgoing), requestId: 'req_1', stallMs: 60_000 }
    const client = rawAnswerClient(outgoing, watched)
    client.startStream({})
    expect(client.write(large)).toBe(false)
    expect(outgoing.socket).toMatchObject({ timeout: 60_000 })
    const drained = new Promise<void>((resolve) => client.onDrain(resolve))
    let received = 0
    socket.on('data', (bytes) => {
      received += bytes.length
    })
    socket.resume()
    await drained
    expect(outgoing.socket).toMatchObject({ timeout: 0 })
    const end = Buffer.from('the end')
    const closed = closing(outgoing)
    client.endStream(end)
    await closed
    expect(client.cancellation.cancelled).toBe(false)
    expect(received).toBeGreaterThan(0)
  })
})

describe.each(answers)('watchClient %s', (_whose, withLane) => {
  beforeEach(() => open(withLane))

  test('a client that leaves before the end cancels at once, before a byte was written too', async () => {
    const left = new Promise<void>((resolve) => exchange.client.cancellation.onCancel(resolve))
    socket.destroy()
    await left
    expect(exchange.client.cancellation.cancelled).toBe(true)
  })

  test('a client that leaves after the end does not', async () => {
    const { client, outgoing } = exchange
    socket.resume()
    const closed = closing(outgoing)
    client.answer({}, Buffer.from('{}'))
    await closed
    expect(client.cancellation.cancelled).toBe(false)
  })

  test('a client that had left when it came to be watched is cancelled from the start', async () => {
    const { outgoing } = exchange
    socket.destroy()
    await closing(outgoing)
    expect(watchClient(outgoing).cancelled).toBe(true)
  })
})

describe.each(answers)('sendError %s', (_whose, withLane) => {
  beforeEach(() => open(withLane))

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
    await closing(outgoing)
    sendError(outgoing, { reason: 'internal_error' })
    expect(outgoing.headersSent).toBe(false)
  })
})

test('a stream whose turn has not come waits for its connection once, however much is written', async () => {
  const arrived: Outgoing[] = []
  side = await openLaneSide(({ outgoing }) => void arrived.push(outgoing), { withLane: false })
  socket = await openClient(side.port)
  const asked = `POST ${lanePath} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`
  socket.write(asked + asked)
  while (arrived.length < 2) await settle(1)
  const second = arrived[1] as ServerResponse
  const cancellation = watchClient(second)
  const client = rawAnswerClient(second, { cancellation, requestId: 'req_1', stallMs: 60_000 })
  client.startStream({})
  const before = second.listenerCount('socket')
  for (let count = 0; count < 20; count += 1) client.write(Buffer.alloc(100_000))
  expect(second.listenerCount('socket')).toBe(before + 1)
})

test('an error event of a stream is one data event in the same shape', async () => {
  await open(true)

  const event = exchange.client.errorEvent({ reason: 'upstream_stalled' }).toString()
  expect(event).toMatch(/^data: \{.*\}\n\n$/)
  expect(JSON.parse(event.slice(6))).toEqual(
    JSON.parse(errorBody({ reason: 'upstream_stalled' }, 'req_1')),
  )
})
