/* Connections over TLS: whom they trust, whom they ask for, and that nothing of them differs otherwise. */
import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WirePool } from '../../../../src/upstream/wire/wire-pool.ts'
import { type RawUpstream, startRawUpstream, wholeAnswer } from '../../../support/raw-upstream.ts'
import { askWire, wirePoolTo } from '../../../support/wire-asking.ts'

const pem = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../../fixtures/tls', name), 'utf8')
/** Of `localhost` and 127.0.0.1, signed by itself. */
const certificate = pem('certificate.pem')
const tls = { cert: certificate, key: pem('key.pem'), ALPNProtocols: ['h2', 'http/1.1'] }

const trusted = getCACertificates()
beforeAll(() => setDefaultCACertificates([...trusted, certificate]))
afterAll(() => setDefaultCACertificates(trusted))

let upstream: RawUpstream
let pool: WirePool

afterEach(async () => {
  pool.destroy()
  await upstream.close()
})

const here: LookupFunction = (_name, options, done) =>
  options.all === true
    ? done(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ])
    : done(null, '127.0.0.1', 4)

const hereAlone: LookupFunction = (_name, options, done) =>
  options.all === true
    ? done(null, [{ address: '127.0.0.1', family: 4 }])
    : done(null, '127.0.0.1', 4)

async function open(hostname: string, ...answers: readonly Buffer[]): Promise<void> {
  upstream = await startRawUpstream(({ socket }) => {
    for (const answer of answers) socket.write(answer)
  }, tls)
  pool = wirePoolTo(upstream.port, { isSecure: true, hostname, lookup: here })
}

const seenBy = ({ connections }: RawUpstream) =>
  (connections as readonly TLSSocket[]).map(({ alpnProtocol, servername }) => ({
    alpnProtocol,
    servername,
  }))

describe('a connection over TLS', () => {
  test('asks for the name and HTTP/1.1, and carries one request after the other', async () => {
    await open('localhost', wholeAnswer('ok'))
    for (let time = 0; time < 3; time += 1) {
      expect(await askWire(pool).done).toMatchObject({ body: 'ok', end: 'whole' })
    }
    expect(seenBy(upstream)).toEqual([{ alpnProtocol: 'http/1.1', servername: 'localhost' }])
  })

  test('to an address asks for no name, and checks the address', async () => {
    await open('127.0.0.1', wholeAnswer('ok'))
    expect((await askWire(pool).done).end).toBe('whole')
    expect(seenBy(upstream)).toEqual([{ alpnProtocol: 'http/1.1', servername: false }])
  })

  test('to another name than the certificate has is none: nothing is sent', async () => {
    await open('api.example.com', wholeAnswer('ok'))
    expect((await askWire(pool).done).end).toBe('unreachable')
    expect(upstream.requests).toHaveLength(0)
  })

  test('to whom nobody trusted vouches for is none: nothing is sent', async () => {
    setDefaultCACertificates(trusted)
    await open('localhost', wholeAnswer('ok'))
    expect((await askWire(pool).done).end).toBe('unreachable')
    expect(upstream.requests).toHaveLength(0)
    setDefaultCACertificates([...trusted, certificate])
  })

  test('to what speaks no TLS is none', async () => {
    upstream = await startRawUpstream(() => {})
    pool = wirePoolTo(upstream.port, { isSecure: true, hostname: 'localhost', lookup: here })
    const asked = askWire(pool)
    await vi.waitFor(() => expect(upstream.connections).toHaveLength(1))
    upstream.connections[0]?.write(wholeAnswer('ok'))
    expect((await asked.done).end).toBe('unreachable')
  })

  test('takes its session up again on the next', async () => {
    const resumed: boolean[] = []
    upstream = await startRawUpstream(({ socket }) => {
      resumed.push((socket as TLSSocket).isSessionReused())
      socket.write(wholeAnswer('ok', 'connection: close'))
    }, tls)
    // Node keeps no session over a second try at another address of the name.
    pool = wirePoolTo(upstream.port, { isSecure: true, hostname: 'localhost', lookup: hereAlone })
    for (let time = 0; time < 3; time += 1) expect((await askWire(pool).done).end).toBe('whole')
    expect(resumed).toEqual([false, true, true])
  })

  test('carries any number of bytes, both ways, at once, paused or not', async () => {
    const bytes = Buffer.alloc(3_000_000)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at)
    await open('localhost', wholeAnswer(bytes))
    const asked = Array.from({ length: 6 }, (_, index) =>
      askWire(
        pool,
        { body: bytes },
        {
          chunk: (exchange) => {
            if (index % 2 === 0) return
            exchange.pause()
            setImmediate(() => exchange.resume())
          },
        },
      ),
    )
    for (const { done } of asked) {
      const { body, end } = await done
      expect(end).toBe('whole')
      expect(body === bytes.toString('latin1')).toBe(true)
    }
    for (const { body } of upstream.requests) expect(body.equals(bytes)).toBe(true)
    expect(upstream.connections).toHaveLength(6)
  })

  test('that is given up leaves at once', async () => {
    await open('localhost', Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello'))
    const dialled = askWire(pool)
    dialled.exchange.abort()
    const flowing = askWire(pool)
    await flowing.until(5)
    flowing.exchange.abort()
    expect((await dialled.done).end).toBe('aborted')
    expect((await flowing.done).end).toBe('aborted')
    await vi.waitFor(() => expect(upstream.connections.at(-1)?.destroyed).toBe(true))
    expect(upstream.requests).toHaveLength(1)
  })
})
