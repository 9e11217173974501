/*
 * What happens to connections of the lane: who leaves, who is slow, who sends too much, and the end of the server.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cancellation } from '../../../../src/base/cancellation.ts'
import type { Exchange } from '../../../../src/http/exchange.ts'
import { rawAnswerClient, watchClient } from '../../../../src/http/raw-response.ts'
import { readBody } from '../../../../src/http/read-body.ts'
import {
  type LaneSide,
  lanePath,
  openClient,
  openLaneSide,
  readAnswers,
  settle,
} from '../../../support/lane-place.ts'

let side: LaneSide
let client: Socket
let arrived: Exchange[]
/** Called for each request. */
let serve: (exchange: Exchange) => unknown

const open = async (requestMs = 30_000, stallMs = 60_000): Promise<void> => {
  side = await openLaneSide(
    (exchange) => {
      arrived.push(exchange)
      void serve(exchange)
    },
    { withLane: true, requestMs, stallMs },
  )
  client = await openClient(side.port)
}

beforeEach(async () => {
  arrived = []
  serve = () => {}
  await open()
})

afterEach(async () => {
  client.destroy()
  await side.close()
})

const request = (body = '{}', lines = ''): string =>
  `POST ${lanePath} HTTP/1.1\r\nhost: x\r\n${lines}content-length: ${body.length}\r\n\r\n${body}`

const answer = ({ outgoing }: Exchange, text = 'ok'): void => {
  const body = Buffer.from(text)
  outgoing.writeHead(200, { 'content-length': body.length })
  outgoing.end(body)
}

const inLane = () => side.seen.map((seen) => seen.inLane)
const one = (): Exchange => {
  const [exchange] = arrived
  if (exchange === undefined) throw new Error('no request came')
  return exchange
}
const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    if (socket.destroyed) resolve()
    else socket.resume().once('close', () => resolve())
  })
/** Resolves when the server has no connection any more. */
async function noneLeft(): Promise<void> {
  const count = () =>
    new Promise((resolve) => side.server.getConnections((_error, open) => resolve(open)))
  while ((await count()) !== 0) await settle(1)
}
const heard = async (socket: Socket, end: RegExp): Promise<string> => {
  let text = ''
  while (!end.test(text)) text += String((await once(socket, 'data'))[0])
  return text
}

describe('who leaves', () => {
  const watch = (): Cancellation[] => {
    const cancellations: Cancellation[] = []
    serve = ({ outgoing }) => cancellations.push(watchClient(outgoing))
    return cancellations
  }

  test('before it was answered is known at once', async () => {
    const cancellations = watch()
    client.write(request())
    await settle()
    expect(cancellations.map(({ cancelled }) => cancelled)).toEqual([false])
    client.destroy()
    await settle()
    expect(cancellations.map(({ cancelled }) => cancelled)).toEqual([true])
    expect(one().outgoing.destroyed).toBe(true)
    expect(inLane()).toEqual([true])
  })

  test('by saying no more has left too, as Node has it', async () => {
    const cancellations = watch()
    client.write(request())
    await settle()
    client.end()
    await closed(client)
    expect(cancellations.map(({ cancelled }) => cancelled)).toEqual([true])
    // Whoever answers now, late, breaks nothing.
    answer(one())
    await settle()
    expect(one().outgoing.writableFinished).toBe(false)
  })

  test('in the middle of a stream is known, and what is written then is lost', async () => {
    const cancellations = watch()
    client.write(request())
    await settle()
    const { outgoing } = one()
    outgoing.writeHead(200, {})
    outgoing.write(Buffer.from('data: one\n\n'))
    await heard(client, /one/)
    client.destroy()
    await settle()
    expect(cancellations[0]?.cancelled).toBe(true)
    outgoing.write(Buffer.from('data: two\n\n'))
    outgoing.end()
    await settle()
    expect(outgoing.writableFinished).toBe(false)
  })

  test('in the middle of its body cuts it short', async () => {
    const bodies: unknown[] = []
    serve = async ({ incoming }) => bodies.push(await readBody(incoming, 100))
    client.write(request('{"a":1}').slice(0, -3))
    await settle()
    client.destroy()
    await settle()
    expect(bodies).toMatchObject([{ ok: false, error: { reason: 'invalid_json' } }])
    expect(one().incoming.destroyed).toBe(true)
  })

  test('behind its answer is no loss', async () => {
    const cancellations = watch()
    client.write(request())
    await settle()
    answer(one())
    await heard(client, /ok$/)
    client.destroy()
    await settle()
    expect(cancellations.map(({ cancelled }) => cancelled)).toEqual([false])
    expect(one().outgoing.writableFinished).toBe(true)
  })
})

describe('who is slow', () => {
  test('to send a body is told so, and closed', async () => {
    await side.close()
    await open(20)
    client.write(request('{"a":1}').slice(0, -3))
    expect(await heard(client, /\r\n\r\n/)).toContain('ERR_HTTP_REQUEST_TIMEOUT')
    expect(inLane()).toEqual([true])
  })

  test('to say anything is told so, and closed', async () => {
    await side.close()
    await open(20)
    expect(await heard(client, /\r\n\r\n/)).toContain('ERR_HTTP_REQUEST_TIMEOUT')
  })

  test('and does not close then is closed', async () => {
    await side.close()
    await open(20)
    const stubborn = await openClient(side.port, { allowHalfOpen: true })
    await heard(stubborn, /\r\n\r\n/)
    await noneLeft()
    stubborn.destroy()
  })

  test('to wait for its answer may wait longer than for its request', async () => {
    await side.close()
    await open(20)
    client.write(request())
    await settle()
    // Another one, who says nothing, is timed out meanwhile.
    await closed(await openClient(side.port))
    answer(one())
    expect(await heard(client, /ok$/)).toContain('200 OK')
  })

  test('to read its answer pauses the writer, and is closed when it reads no more', async () => {
    client.pause()
    client.write(request())
    await settle()
    const { outgoing } = one()
    const cancellation = watchClient(outgoing)
    const writer = rawAnswerClient(outgoing, { cancellation, requestId: 'req_1', stallMs: 30 })
    writer.startStream({})
    expect(writer.write(Buffer.alloc(32 * 1024 * 1024, 'x'))).toBe(false)
    await new Promise<void>((resolve) => cancellation.onCancel(resolve))
  })

  test('to read what nobody minds, as a refusal, is closed when it reads no more', async () => {
    await side.close()
    await open(30_000, 30)
    client.pause()
    client.write(request())
    await settle()
    answer(one(), 'x'.repeat(32 * 1024 * 1024))
    await noneLeft()
    expect(one().outgoing.writableFinished).toBe(false)
  })

  test('to read its answer, but reads, gets all of it and what it asked meanwhile', async () => {
    serve = (exchange) => answer(exchange, 'x'.repeat(8 * 1024 * 1024))
    client.pause()
    client.write(request() + request())
    await settle()
    expect(one().outgoing.writableFinished).toBe(false)
    expect(arrived).toHaveLength(1)
    const pieces: Buffer[] = []
    let length = 0
    const whole = new Promise<void>((resolve) =>
      client.on('data', (bytes: Buffer) => {
        pieces.push(bytes)
        length += bytes.length
        if (length > 16 * 1024 * 1024) resolve()
      }),
    )
    client.resume()
    await whole
    await settle()
    const lengths = readAnswers(Buffer.concat(pieces)).map(({ body }) => body.length)
    expect(lengths).toEqual([8 * 1024 * 1024, 8 * 1024 * 1024])
    expect(arrived.map(({ outgoing }) => outgoing.writableFinished)).toEqual([true, true])
    expect(inLane()).toEqual([true, true])
  })
})

describe('who sends', () => {
  test('requests without waiting is answered in their order, one after the other', async () => {
    client.write(request('{"a":1}') + request('{"b":2}') + request('{"c":3}'))
    await settle()
    expect(arrived).toHaveLength(1)
    serve = (exchange) => answer(exchange, String(exchange.incoming.arrived))
    answer(one(), 'first')
    const text = await heard(client, /\{"c":3\}/)
    expect(readAnswers(Buffer.from(text)).map(({ body }) => body)).toEqual([
      'first',
      '{"b":2}',
      '{"c":3}',
    ])
    expect(inLane()).toEqual([true, true, true])
  })

  test('ever more of them is read no more until it was answered', async () => {
    client.write(request())
    await settle()
    client.write(request('{"a":1}').repeat(100_000))
    await settle(60)
    const socket = one().incoming.socket as Socket
    expect(socket.readableFlowing).toBe(false)
    // Of more than seven: what waits here, and what a socket reads ahead.
    expect(socket.bytesRead).toBeLessThan(1024 * 1024)
    client.destroy()
  })

  test('many small ones without waiting is read only as fast as it is answered', async () => {
    const count = 20_000
    const bytes = request('{}', `x-more: ${'x'.repeat(200)}\r\n`)
    let waitedMost = 0
    serve = async (exchange) => {
      // As where a key is looked up: meanwhile the connection has its turn.
      await new Promise((resolve) => setImmediate(resolve))
      const socket = exchange.incoming.socket as Socket
      const waited = socket.bytesRead - arrived.length * bytes.length
      waitedMost = Math.max(waitedMost, waited)
      answer(exchange)
    }
    let heardBytes = 0
    client.on('data', (piece: Buffer) => {
      heardBytes += piece.length
    })
    client.write(bytes.repeat(count))
    while (arrived.length < 1_000) await settle(1)
    // What waits here, what a socket reads ahead, and one read.
    expect(waitedMost).toBeLessThan(1024 * 1024)
    expect(heardBytes).toBeGreaterThan(0)
    while (arrived.length < count) await settle(1)
    expect(waitedMost).toBeLessThan(1024 * 1024)
    expect(inLane().every(Boolean)).toBe(true)
  })

  test('a body that is refused unread is heard again behind the refusal', async () => {
    const bytes = request('x'.repeat(70_000))
    client.write(bytes.slice(0, 40_000))
    await settle()
    client.write(bytes.slice(40_000))
    while (!one().incoming.complete) await settle(1)
    expect((one().incoming.socket as Socket).isPaused()).toBe(true)
    answer(one(), 'refused')
    await heard(client, /refused$/)
    serve = answer
    client.write(request())
    expect(await heard(client, /ok$/)).toContain('200 OK')
    expect(inLane()).toEqual([true, true])
  })

  test('a body before anybody reads it is read no more than a bound', async () => {
    client.write(request('x'.repeat(20 * 1024 * 1024)))
    await settle(60)
    expect(one().incoming.socket).toMatchObject({ readableFlowing: false })
    const body = await readBody(one().incoming, 32 * 1024 * 1024)
    expect(body.ok && body.value.length).toBe(20 * 1024 * 1024)
    answer(one())
    expect(await heard(client, /ok$/)).toContain('200 OK')
  })

  test('what is not plain is served by Node for good, with all that it sent before', async () => {
    serve = async (exchange) => {
      await readBody(exchange.incoming, 100)
      answer(exchange)
    }
    client.write(request())
    await heard(client, /ok$/)
    client.write(request('{}', 'x-twice: 1\r\nx-twice: 2\r\n'))
    await heard(client, /ok$/)
    client.write(request())
    await heard(client, /ok$/)
    expect(inLane()).toEqual([true, false, false])
    expect(side.toNode).toHaveLength(2)
  })
})

describe('an answer', () => {
  test('of which a header would break out of its line is none: nothing was said yet', async () => {
    client.write(request())
    await settle()
    const { outgoing } = one()
    for (const value of ['a\r\nset-cookie: b', 'a\0', 'Ł']) {
      expect(() => outgoing.writeHead(200, { 'x-a': value })).toThrow(TypeError)
      expect(outgoing.headersSent).toBe(false)
    }
    answer(one())
    expect(await heard(client, /ok$/)).toContain('200 OK')
  })

  test('says the date of now, as Node does', async () => {
    client.write(request())
    await settle()
    answer(one())
    const said = /^Date: (.*)\r$/m.exec(await heard(client, /ok$/))?.[1] ?? ''
    expect(new Date(said).toUTCString()).toBe(said)
    expect(Math.abs(Date.parse(said) - Date.now())).toBeLessThan(60_000)
  })

  test('that is destroyed closes its connection, and a later one does not', async () => {
    client.write(request())
    await settle()
    const first = one().outgoing
    answer(one())
    await heard(client, /ok$/)
    first.destroy()
    client.write(request())
    await settle()
    expect(arrived).toHaveLength(2)
    arrived[1]?.outgoing.destroy()
    await closed(client)
  })
})

describe('the end of the server', () => {
  test('closes connections without a request, and the others behind their answers', async () => {
    const idle = await openClient(side.port)
    serve = answer
    idle.write(request())
    await heard(idle, /ok$/)
    serve = () => {}
    client.write(request())
    await settle()
    const ended = new Promise((resolve) => side.server.close(resolve))
    side.lane?.close()
    await closed(idle)
    expect(client.destroyed).toBe(false)
    const last = arrived.at(-1)
    if (last !== undefined) answer(last, 'the last')
    expect(await heard(client, /the last$/)).toContain('200 OK')
    await closed(client)
    await ended
  })

  test('by force closes all of them', async () => {
    const fresh = await openClient(side.port)
    client.write(request())
    await settle()
    const ended = new Promise((resolve) => side.server.close(resolve))
    side.lane?.force()
    await closed(fresh)
    await closed(client)
    await ended
  })
})

test('a thousand connections that come and go leave nothing behind', async () => {
  let asked = 0
  for (let round = 0; round < 10; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => openClient(side.port)))
    for (const [index, socket] of sockets.entries()) {
      if (index % 2 === 0) socket.write(request().slice(0, index % 4 === 0 ? undefined : -1))
      asked += index % 2 === 0 ? 1 : 0
    }
    await settle(1)
    for (const socket of sockets) socket.destroy()
  }
  client.destroy()
  await noneLeft()
  await settle()
  expect(asked).toBe(500)
  expect(arrived.every(({ outgoing }) => outgoing.destroyed)).toBe(true)
  expect(arrived.length).toBeGreaterThan(0)
})
