/* Many exchanges at once: which connection carries which, who waits, and for how long. */
import { once } from 'node:events'
import { createServer, type LookupFunction } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { WirePool } from '../../../../src/upstream/wire/wire-pool.ts'
import {
  type RawRequest,
  type RawUpstream,
  startRawUpstream,
  wholeAnswer,
} from '../../../support/raw-upstream.ts'
import { askWire, request, wirePoolTo } from '../../../support/wire-asking.ts'

let upstream: RawUpstream
let pool: WirePool

afterEach(async () => {
  pool.destroy()
  await upstream.close()
})

async function open(
  answer: (request: RawRequest, ordinal: number) => void,
  terms?: Parameters<typeof wirePoolTo>[1],
): Promise<void> {
  upstream = await startRawUpstream(answer)
  pool = wirePoolTo(upstream.port, terms)
}

const answerWith =
  (body: string) =>
  ({ socket }: RawRequest) =>
    void socket.write(wholeAnswer(body))

describe('connections', () => {
  test('are used again, the one that was used last first', async () => {
    const held: RawRequest[] = []
    await open((asked) => void held.push(asked))
    const asked = [0, 1, 2].map(() => askWire(pool))
    await vi.waitFor(() => expect(held).toHaveLength(3))
    for (const one of held.splice(0)) answerWith('ok')(one)
    for (const { done } of asked) expect((await done).end).toBe('whole')
    const used = new Set<unknown>()
    for (let time = 0; time < 5; time += 1) {
      const { done } = askWire(pool)
      await vi.waitFor(() => expect(held).toHaveLength(1))
      used.add(held[0]?.socket)
      for (const one of held.splice(0)) answerWith('ok')(one)
      await done
    }
    expect(used.size).toBe(1)
    expect(upstream.connections).toHaveLength(3)
  })

  test('are no more than there may be; who comes later waits its turn, or leaves', async () => {
    const held: RawRequest[] = []
    await open((asked) => void held.push(asked))
    const bodyOf = (index: number) => Buffer.from(`request ${index}`)
    const asked = Array.from({ length: 600 }, (_, index) => askWire(pool, { body: bodyOf(index) }))
    await vi.waitFor(() => expect(held).toHaveLength(512), 20_000)
    const leaves = asked[599]
    leaves?.exchange.pause()
    leaves?.exchange.resume()
    leaves?.exchange.abort()
    expect((await leaves?.done)?.end).toBe('aborted')
    for (const one of held.splice(0, 40)) answerWith(one.body.toString())(one)
    await vi.waitFor(() => expect(held).toHaveLength(512))
    // Who waited longest goes first.
    const arrived = () => new Set(upstream.requests.map(({ body }) => body.toString()))
    const first = (count: number) =>
      new Set(Array.from({ length: count }, (_, index) => `request ${index}`))
    expect(arrived()).toEqual(first(552))
    // Connections that are lost make room, too.
    for (const one of held.splice(0, 40)) one.socket.destroy()
    await vi.waitFor(() => expect(held).toHaveLength(512), 20_000)
    expect(arrived()).toEqual(first(592))
    expect(upstream.connections.length).toBeLessThanOrEqual(512 + 40)
    for (const one of held.splice(0)) answerWith(one.body.toString())(one)
    await vi.waitFor(() => expect(held).toHaveLength(7))
    for (const one of held.splice(0)) answerWith(one.body.toString())(one)
    const told = await Promise.all(asked.map(({ done }) => done))
    expect(told.filter(({ end }) => end === 'interrupted')).toHaveLength(40)
    const whole = [...told.entries()].filter(([, { end }]) => end === 'whole')
    expect(whole).toHaveLength(600 - 40 - 1)
    for (const [index, { body }] of whole) expect(body).toBe(`request ${index}`)
    expect(upstream.requests).toHaveLength(599)
  })

  test('that are given up end when what they carry has ended, and no others begin', async () => {
    const held: RawRequest[] = []
    await open((asked) => void held.push(asked))
    const [first, second] = [askWire(pool), askWire(pool)]
    await vi.waitFor(() => expect(held).toHaveLength(2))
    for (const one of held.splice(0, 1)) answerWith('ok')(one)
    await Promise.race([first.done, second.done])
    pool.close()
    expect((await askWire(pool).done).end).toBe('unreachable')
    for (const one of held.splice(0)) answerWith('ok')(one)
    for (const { done } of [first, second]) expect((await done).end).toBe('whole')
    await vi.waitFor(() => {
      expect(upstream.connections.map(({ destroyed }) => destroyed)).toEqual([true, true])
    })
  })

  test('are destroyed with all that they carry and all that waits, and nobody may ask again', async () => {
    await open(() => {})
    const again: string[] = []
    const asked = Array.from({ length: 514 }, () => askWire(pool))
    pool.dispatch(request, {
      started: () => {},
      answered: () => {},
      received: () => {},
      ended: () => {},
      failed: () => void askWire(pool).done.then(({ end }) => again.push(end)),
    })
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(512), 20_000)
    pool.destroy()
    for (const { done } of asked) expect((await done).end).toBe('interrupted')
    expect(again).toEqual(['unreachable'])
    await vi.waitFor(() => {
      expect(upstream.connections.every(({ destroyed }) => destroyed)).toBe(true)
    })
  })

  test('that cannot be made are told to each who wanted one', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as { port: number }
    closed.close()
    await once(closed, 'close')
    await open(answerWith('ok'))
    const nowhere = wirePoolTo(port)
    for (const { done } of [askWire(nowhere), askWire(nowhere)]) {
      expect((await done).end).toBe('unreachable')
    }
    nowhere.destroy()
  })

  test('go to another address of the same name where one is closed', async () => {
    const twoAddresses: LookupFunction = (_name, _options, done) =>
      done(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ])
    await open(answerWith('ok'), { hostname: 'two.example.com', lookup: twoAddresses })
    expect(await askWire(pool).done).toMatchObject({ body: 'ok', end: 'whole' })
    expect(upstream.requests[0]?.head).toContain(`host: two.example.com:${upstream.port}`)
  })
})

describe('a wait ends', () => {
  test('for a connection, for headers, within a body, and in the row; not while nobody takes what comes', async () => {
    const neverFound: LookupFunction = () => {}
    const unknown = wirePoolTo(9, { connectMs: 40, hostname: 'a.example.com', lookup: neverFound })
    await open(
      ({ body, socket }) => {
        const [kind] = body.toString().split(' ')
        if (kind !== 'silent') socket.write('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello')
        if (kind === 'interim') socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      },
      { idleMs: 40 },
    )
    const soon = { headersTimeoutMs: 40 }
    const dialled = askWire(unknown)
    const silent = askWire(pool, { ...soon, body: Buffer.from('silent') })
    const stalled = askWire(pool, { body: Buffer.from('stalled') })
    const paused = askWire(pool, {}, { chunk: (exchange) => exchange.pause() })
    await paused.until(5)
    expect((await dialled.done).end).toBe('unreachable')
    expect((await silent.done).end).toBe('overdue')
    expect(await stalled.done).toMatchObject({ body: 'hello', end: 'stalled' })
    unknown.destroy()
    // As long again, and more: three others that stall one after the other.
    for (let time = 0; time < 3; time += 1) expect((await askWire(pool).done).end).toBe('stalled')
    upstream.requests.find(({ body }) => body.equals(request.body))?.socket.write('x'.repeat(45))
    paused.exchange.resume()
    expect(await paused.done).toMatchObject({ body: `hello${'x'.repeat(45)}`, end: 'whole' })
  })

  test('in the row for a connection', async () => {
    await open(() => {})
    const asked = Array.from({ length: 512 }, () => askWire(pool))
    const late = askWire(pool, { headersTimeoutMs: 40 })
    expect((await late.done).end).toBe('overdue')
    for (const { exchange } of asked) exchange.abort()
    expect(upstream.requests.length).toBeLessThanOrEqual(512)
  })

  test('interim answers and single bytes of a head do not put it off', async () => {
    await open(
      ({ socket }) => {
        const drip = setInterval(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 5)
        socket.on('close', () => clearInterval(drip))
      },
      { idleMs: 40 },
    )
    expect((await askWire(pool, { headersTimeoutMs: 60 }).done).end).toBe('overdue')
  })

  test('a body that goes on is not ended, however long it takes', async () => {
    await open(
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n')
        let left = 12
        // The upstream's own pace, a tenth of the bound: together the bytes outlast it.
        const drip = setInterval(() => {
          socket.write('x')
          left -= 1
          if (left === 0) clearInterval(drip)
        }, 40)
      },
      { idleMs: 400 },
    )
    expect(await askWire(pool, { headersTimeoutMs: 5_000 }).done).toMatchObject({
      body: 'x'.repeat(12),
      end: 'whole',
    })
  })
})
