/* One connection at a time: what is read of it, when it may carry another request, and how it ends. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { WirePool } from '../../../../src/upstream/wire/wire-pool.ts'
import {
  type RawRequest,
  type RawUpstream,
  startRawUpstream,
  wholeAnswer,
} from '../../../support/raw-upstream.ts'
import { askWire, wirePoolTo } from '../../../support/wire-asking.ts'

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

const says = (...pieces: readonly (string | Buffer)[]) => {
  const bytes = pieces.map((piece) => Buffer.from(piece as string))
  return ({ socket }: RawRequest): void => {
    socket.write(Buffer.concat(bytes))
  }
}

/** What was sent within this machine has been read by whoever reads. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('a request', () => {
  test('goes as it is, with its length, in one piece or in two', async () => {
    await open(says(wholeAnswer('ok')))
    const large = Buffer.alloc(3_000_000, 'x')
    await askWire(pool, { headers: { authorization: 'Bearer k', 'x-a': 'caf\u00e9' } }).done
    await askWire(pool, { body: large, headers: {} }).done
    await askWire(pool, { body: Buffer.alloc(0), headers: {} }).done
    await askWire(pool, { method: 'GET', body: Buffer.alloc(0), headers: {}, path: '/a?b=c' }).done
    const common = [
      `host: 127.0.0.1:${upstream.port}`,
      'connection: keep-alive',
      'accept-encoding: identity',
    ]
    expect(upstream.requests.map(({ head }) => head.split('\r\n'))).toEqual([
      [
        'POST /v1/chat/completions HTTP/1.1',
        ...common,
        'authorization: Bearer k',
        'x-a: caf\u00e9',
        'content-length: 2',
      ],
      ['POST /v1/chat/completions HTTP/1.1', ...common, 'content-length: 3000000'],
      ['POST /v1/chat/completions HTTP/1.1', ...common, 'content-length: 0'],
      ['GET /a?b=c HTTP/1.1', ...common],
    ])
    expect(upstream.requests[0]?.body.toString()).toBe('{}')
    expect(upstream.requests[1]?.body.equals(large)).toBe(true)
  })

  test.each([
    ['a line end in a value', { headers: { 'x-a': 'b\r\nx-c: d' } }],
    ['a line feed in a value', { headers: { 'x-a': 'b\nx-c: d' } }],
    ['a NUL in a value', { headers: { 'x-a': 'b\0' } }],
    ['what Latin-1 does not have', { headers: { 'x-a': '\u20ac' } }],
    ['a line end in a name', { headers: { 'x-a\r\nx-b': 'c' } }],
    ['a blank in a name', { headers: { 'x a': 'b' } }],
    ['an empty name', { headers: { '': 'b' } }],
    ['a blank in the path', { path: '/a HTTP/1.1' }],
    ['a line end in the path', { path: '/a\r\nx-b: c' }],
    ['an empty path', { path: '' }],
  ])('with %s is not sent', async (_what, asked) => {
    await open(says(wholeAnswer('ok')))
    expect((await askWire(pool, asked).done).end).toBe('unreachable')
    expect((await askWire(pool).done).end).toBe('whole')
    expect(upstream.requests).toHaveLength(1)
  })
})

describe('an answer', () => {
  const hello = '5\r\nhello\r\n0\r\n\r\n'
  test.each([
    ['with its length', wholeAnswer('hello')],
    ['in chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${hello}`],
    [
      'behind interim ones',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${wholeAnswer('hello')}`,
    ],
  ])('%s is read, wherever it is cut', async (_what, answer) => {
    const bytes = Buffer.from(answer)
    let cut = 0
    await open(({ socket }) => {
      socket.setNoDelay(true)
      socket.write(bytes.subarray(0, cut))
      setImmediate(() => socket.write(bytes.subarray(cut)))
    })
    for (cut = 1; cut < bytes.length; cut += 1) {
      expect(await askWire(pool).done).toMatchObject({ status: 200, body: 'hello', end: 'whole' })
    }
    expect(upstream.connections).toHaveLength(1)
  })

  test('of any bytes and size comes whole, and its pieces are nobody else\u2019s', async () => {
    const bytes = Buffer.alloc(5_000_000)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at)
    await open((request) => says(wholeAnswer(bytes))(request))
    const chunks: Buffer[] = []
    const asked = await Promise.all(
      [0, 1, 2].map(() => {
        return askWire(pool, {}, { chunk: (_exchange, chunk) => void chunks.push(chunk) }).done
      }),
    )
    for (const { body } of asked) expect(body === bytes.toString('latin1')).toBe(true)
    // Kept, not copied: whoever reads later reads what came.
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(3 * bytes.length)
  })

  test('without a length ends with its connection', async () => {
    await open(({ socket }) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'))
    expect(await askWire(pool).done).toMatchObject({ body: 'hello', end: 'whole' })
  })

  test('without a body is whole at once', async () => {
    await open(says('HTTP/1.1 204 No Content\r\n\r\n'))
    expect(await askWire(pool).done).toMatchObject({ status: 204, body: '', end: 'whole' })
    expect(await askWire(pool).done).toMatchObject({ status: 204, body: '', end: 'whole' })
    expect(upstream.connections).toHaveLength(1)
  })

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n', 'malformed'],
    ['bare line feeds', 'HTTP/1.1 200 OK\ncontent-length: 5\n\nhello\r\n\r\n', 'malformed'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!',
      'malformed',
    ],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', 'malformed'],
    ['a head without end', `HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(17_000)}`, 'malformed'],
    [
      'a head that is too long',
      `HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(17_000)}\r\n\r\n`,
      'malformed',
    ],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000), 'malformed'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx', 'malformed'],
  ] as const)('with %s ends the connection', async (_what, bytes, end) => {
    await open(says(bytes))
    expect((await askWire(pool).done).end).toBe(end)
    await vi.waitFor(() => expect(upstream.connections[0]?.destroyed).toBe(true))
  })

  test.each([
    ['before its head', ''],
    ['within its head', 'HTTP/1.1 200 OK\r\ncont'],
    ['behind its head', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'],
    ['within its body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell'],
    [
      'within its chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
    ],
  ])('that is cut %s is interrupted', async (_what, bytes) => {
    for (const isReset of [false, true]) {
      await open(({ socket }) => {
        socket.write(bytes, () => (isReset ? socket.resetAndDestroy() : socket.end()))
      })
      expect((await askWire(pool).done).end).toBe('interrupted')
      pool.destroy()
      await upstream.close()
    }
    await open(() => {})
  })

  test('without a length is interrupted where its connection is lost', async () => {
    await open(({ socket }) => socket.write('HTTP/1.1 200 OK\r\n\r\nhello'))
    const asked = askWire(pool)
    await asked.until(5)
    upstream.connections[0]?.resetAndDestroy()
    expect(await asked.done).toMatchObject({ body: 'hello', end: 'interrupted' })
  })

  test('whose listener throws ends alone', async () => {
    await open(says(wholeAnswer('ok')))
    const broken = askWire(
      pool,
      {},
      {
        chunk: () => {
          throw new Error('a broken invariant')
        },
      },
    )
    expect((await broken.done).end).toBe('interrupted')
    const brokenAtEnd = askWire(
      pool,
      {},
      {
        end: () => {
          throw new Error('a broken invariant')
        },
      },
    )
    expect((await brokenAtEnd.done).end).toBe('interrupted')
    expect((await askWire(pool).done).end).toBe('whole')
  })
})

describe('a connection carries another request', () => {
  const ends = {
    'with a close': wholeAnswer('ok', 'connection: close'),
    'of HTTP/1.0': 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok',
    'with more behind it': Buffer.concat([wholeAnswer('ok'), wholeAnswer('not yours')]),
    'with a line end too much': Buffer.concat([wholeAnswer('ok'), Buffer.from('\r\n')]),
    'that says it is not kept': wholeAnswer('ok', 'keep-alive: timeout=0'),
    'that says it is kept for a moment': wholeAnswer('ok', 'keep-alive: timeout=2'),
  }

  test('after an answer that ended', async () => {
    await open(says(wholeAnswer('ok', 'keep-alive: timeout=60')))
    for (let time = 0; time < 5; time += 1) expect((await askWire(pool).done).body).toBe('ok')
    expect(upstream.connections).toHaveLength(1)
  })

  test.each(Object.entries(ends))('not after one %s', async (_what, bytes) => {
    await open(says(bytes))
    for (let time = 0; time < 3; time += 1) {
      expect(await askWire(pool).done).toMatchObject({ body: 'ok', end: 'whole' })
    }
    expect(upstream.connections).toHaveLength(3)
  })

  test('not after bytes that nobody asked for: an answer that waits there is given to nobody', async () => {
    await open(({ socket }, ordinal) => {
      socket.write(wholeAnswer(`answer ${ordinal}`))
    })
    await askWire(pool).done
    upstream.connections[0]?.write(wholeAnswer('of somebody else'))
    await vi.waitFor(() => expect(upstream.connections[0]?.destroyed).toBe(true))
    expect((await askWire(pool).done).body).toBe('answer 1')
    expect(upstream.connections).toHaveLength(2)
  })

  test('not after it was closed while nobody used it', async () => {
    await open(says(wholeAnswer('ok')))
    for (const end of ['end', 'resetAndDestroy'] as const) {
      await askWire(pool).done
      const connection = upstream.connections.at(-1)
      connection?.[end]()
      await vi.waitFor(() => expect(connection?.destroyed).toBe(true))
      await turns()
    }
    expect((await askWire(pool).done).body).toBe('ok')
    expect(upstream.connections).toHaveLength(3)
  })

  test('not after an answer that came before the request was sent', async () => {
    const head = 'HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig'
    upstream = await startRawUpstream(() => {})
    pool = wirePoolTo(upstream.port)
    const large = askWire(pool, { body: Buffer.alloc(30_000_000) })
    await vi.waitFor(() => expect(upstream.connections).toHaveLength(1))
    upstream.connections[0]?.pause()
    upstream.connections[0]?.write(head)
    expect(await large.done).toMatchObject({ status: 413, body: 'big', end: 'whole' })
    upstream.connections[0]?.resume()
    await vi.waitFor(() => expect(upstream.connections[0]?.destroyed).toBe(true))
    expect(upstream.requests).toHaveLength(0)
  })

  test('until it was idle for as long as the other side keeps it', async () => {
    await open(says(wholeAnswer('ok', 'keep-alive: timeout=3')))
    await askWire(pool).done
    await askWire(pool).done
    expect(upstream.connections).toHaveLength(1)
    await vi.waitFor(() => expect(upstream.connections[0]?.destroyed).toBe(true), 10_000)
  })
})

describe('a pause', () => {
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

  test('before the body holds all of it, also when it ends meanwhile', async () => {
    for (const end of ['end', 'resetAndDestroy', undefined] as const) {
      await open(({ socket }) => {
        socket.write(`${chunked}5\r\nhello\r\n0\r\n\r\n`, () => end !== undefined && socket[end]())
      })
      const asked = askWire(pool, {}, { answer: (exchange) => exchange.pause() })
      await asked.answered
      if (end !== undefined) {
        await vi.waitFor(() => expect(upstream.connections[0]?.destroyed).toBe(true))
      }
      expect(asked.received()).toBe(0)
      asked.exchange.resume()
      expect(await asked.done).toMatchObject({ body: 'hello', end: 'whole' })
      pool.destroy()
      await upstream.close()
    }
    await open(() => {})
  })

  test('leaves with the other side what does not fit, and loses nothing', async () => {
    const bytes = Buffer.alloc(32 * 1024 * 1024, 7)
    let isWritten = false
    await open(({ socket }) => {
      socket.write(wholeAnswer(bytes), () => {
        isWritten = true
      })
    })
    let pauses = 0
    const asked = askWire(
      pool,
      {},
      {
        chunk: (exchange) => {
          pauses += 1
          exchange.pause()
        },
      },
    )
    await asked.until(1)
    await turns()
    expect(isWritten).toBe(false)
    expect(asked.received()).toBeLessThanOrEqual(64 * 1024)
    const pump = setInterval(() => asked.exchange.resume(), 0)
    expect((await asked.done).body.length).toBe(bytes.length)
    clearInterval(pump)
    expect(pauses).toBeGreaterThan(100)
    // Reading goes on for whoever comes next.
    expect((await askWire(pool).done).body.length).toBe(bytes.length)
    expect(upstream.connections).toHaveLength(1)
  })

  test('before the answer lets its headers pass, and puts off no wait', async () => {
    await open(({ body, socket }) => {
      if (body.toString() === '{}') socket.write(wholeAnswer('hello'))
    })
    const asked = askWire(pool)
    asked.exchange.pause()
    await asked.answered
    await turns()
    expect(asked.received()).toBe(0)
    asked.exchange.resume()
    expect(await asked.done).toMatchObject({ body: 'hello', end: 'whole' })
    const silent = askWire(pool, { body: Buffer.from('silent'), headersTimeoutMs: 40 })
    silent.exchange.pause()
    silent.exchange.resume()
    expect((await silent.done).end).toBe('overdue')
  })

  test('and a resume within the same call is none', async () => {
    await open(says(wholeAnswer('hello')))
    const asked = askWire(
      pool,
      {},
      {
        answer: (exchange) => {
          exchange.pause()
          exchange.resume()
        },
      },
    )
    expect(await asked.done).toMatchObject({ body: 'hello', end: 'whole' })
  })
})

describe('an abort', () => {
  test('while it is dialled sends nothing', async () => {
    await open(says(wholeAnswer('ok')))
    const asked = askWire(pool)
    asked.exchange.abort()
    expect((await asked.done).end).toBe('aborted')
    expect((await askWire(pool).done).end).toBe('whole')
    expect(upstream.requests).toHaveLength(1)
  })

  test('before the answer, in its body and while it is paused closes the connection at once', async () => {
    await open((request, ordinal) => {
      if (ordinal > 0) says('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello')(request)
    })
    const silent = askWire(pool)
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(1))
    silent.exchange.abort()
    const flowing = askWire(pool)
    await flowing.until(5)
    flowing.exchange.abort()
    const paused = askWire(pool, {}, { answer: (exchange) => exchange.pause() })
    await paused.answered
    paused.exchange.abort()
    paused.exchange.resume()
    for (const { done } of [silent, flowing, paused]) expect((await done).end).toBe('aborted')
    await vi.waitFor(() => {
      expect(upstream.connections.map(({ destroyed }) => destroyed)).toEqual([true, true, true])
    })
  })

  test('from within what it is told ends it there', async () => {
    await open(says(wholeAnswer('hello')))
    const atHead = askWire(pool, {}, { answer: (exchange) => exchange.abort() })
    expect(await atHead.done).toMatchObject({ status: 200, body: '', end: 'aborted' })
    const atBody = askWire(pool, {}, { chunk: (exchange) => exchange.abort() })
    expect(await atBody.done).toMatchObject({ body: 'hello', end: 'aborted' })
    const atEnd = askWire(pool, {}, { end: () => atEnd.exchange.abort() })
    expect(await atEnd.done).toMatchObject({ body: 'hello', end: 'whole' })
    // What is over is nobody's any more: the connection stays for others.
    atEnd.exchange.abort()
    atEnd.exchange.pause()
    atEnd.exchange.resume()
    expect((await askWire(pool).done).body).toBe('hello')
    expect(upstream.connections).toHaveLength(3)
  })
})
