/*
 * A contributor behind a line that can be cut, and a gateway that asks it through the connection that it opened itself.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { contributorDomain } from '../../src/chain/payout-typed-data.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { answerGreeting, type GreetingKeys } from '../../src/contributor/answer-greeting.ts'
import { dialGateway } from '../../src/contributor/dial-gateway.ts'
import { forwardTo } from '../../src/contributor/forward-request.ts'
import { TunnelExchanges } from '../../src/contributor/tunnel-exchanges.ts'
import type { Contributor } from '../../src/domain/contributor.ts'
import { address } from '../../src/domain/units.ts'
import { acceptTunnel } from '../../src/upstream/accept-tunnel.ts'
import type { AnswerHeaders } from '../../src/upstream/answer-headers.ts'
import type { Exchange, ExchangeFault } from '../../src/upstream/exchange.ts'
import type { Tunnel, TunnelTimes } from '../../src/upstream/tunnel.ts'
import { Tunnels } from '../../src/upstream/tunnels.ts'
import { type CutLine, startCutLine } from '../support/cut-line.ts'
import {
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { stepping } from '../support/stepping-script.ts'

const times: TunnelTimes = { resumeMs: 20_000, pingMs: 10_000 }

let engine: ScriptedUpstream
let door: Server
let line: CutLine
let tunnels: Tunnels
let tunnel: Tunnel
let exchanges: TunnelExchanges
let hangUp: () => void
let renew: () => void
let refusals: string[]
let arrivals: (() => void)[]

const gateway = address(`0x${'6a'.repeat(20)}`)
const contributor = address(`0x${'c0'.repeat(20)}`)
const gatewayKey = randomPrivateKey()
const signingKey = randomPrivateKey()
const domain = contributorDomain({
  chainId: 31337,
  verifyingContract: address(`0x${'4e'.repeat(20)}`),
})
const expected: Contributor = {
  contributorId: 'far',
  baseUrl: `tunnel://${contributor}/v1`,
  authorization: undefined,
  identity: { operator: contributor, signingAddresses: [addressOfPrivateKey(signingKey)] },
  offers: [],
}
let agentKeys: GreetingKeys = { domain, gateway, gatewayKeys: [], contributor, signingKey }

beforeEach(() => open(times))

async function open(withTimes: TunnelTimes): Promise<void> {
  arrivals = []
  refusals = []
  agentKeys = { ...agentKeys, signingKey, gatewayKeys: [addressOfPrivateKey(gatewayKey)] }
  engine = await startScriptedUpstream()
  tunnels = new Tunnels({
    greeting: { domain, gateway, signingKey: gatewayKey, timeoutMs: 5_000 },
    times: withTimes,
    onEvent: (event) => {
      if (event.event === 'tunnel_up') for (const arrived of arrivals.splice(0)) arrived()
      if (event.event === 'tunnel_refused') refusals.push(event.why)
    },
  })
  tunnels.expect([expected])
  door = createServer()
  door.on('upgrade', ({ headers }, socket: Socket, head) => {
    const hello = {
      contributor: String(headers['x-vouch-contributor']),
      nonce: String(headers['x-vouch-nonce']),
    }
    void tunnels.take(socket, head, hello)
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  line = await startCutLine((door.address() as AddressInfo).port)
  exchanges = new TunnelExchanges(forwardTo(engineAddress()), 20_000)
  const connected = nextArrival()
  const dialling = dialGateway({
    url: new URL(`http://127.0.0.1:${line.port}/`),
    contributor,
    onSession: (session, nonce) => {
      dialling.accepted()
      exchanges.serve(session, (text) => answerGreeting(agentKeys, nonce, text))
    },
    onLost: () => {},
    silenceMs: withTimes.pingMs * 4,
    random: () => 0,
  })
  hangUp = dialling.stop
  renew = dialling.renew
  await connected
  tunnel = tunnels.find(contributor) as Tunnel
}

const engineAddress = () => ({ origin: new URL(engine.baseUrl).origin, headers: {} })

const nextArrival = (): Promise<void> => new Promise((resolve) => arrivals.push(resolve))

afterEach(async () => {
  hangUp()
  tunnels.close()
  exchanges.close()
  await line.close()
  await engine.close()
  door.closeAllConnections()
  await new Promise((resolve) => door.close(resolve))
})

type Got = { status: number; headers: Partial<AnswerHeaders>; body: Buffer; fault?: ExchangeFault }

type Asking = {
  readonly done: Promise<Got>
  readonly bytes: () => number
  /** Resolves when so many bytes are here. */
  readonly until: (bytes: number) => Promise<void>
  readonly exchange: () => Exchange
}

function ask(
  body = '{}',
  terms: { headersTimeoutMs?: number; idleTimeoutMs?: number } = {},
): Asking {
  const got: Got = { status: 0, headers: {}, body: Buffer.alloc(0) }
  const chunks: Buffer[] = []
  let bytes = 0
  let exchange: Exchange | undefined
  const waiting: { bytes: number; resolve: () => void }[] = []
  const done = new Promise<Got>((resolve) => {
    tunnel.dispatch(
      {
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(body),
        headersTimeoutMs: terms.headersTimeoutMs ?? 20_000,
        idleTimeoutMs: terms.idleTimeoutMs ?? 20_000,
      },
      {
        started: (begun) => {
          exchange = begun
        },
        answered: (status, headers) => {
          got.status = status
          got.headers = headers
        },
        received: (chunk) => {
          chunks.push(chunk)
          bytes += chunk.length
          for (const one of waiting) if (bytes >= one.bytes) one.resolve()
        },
        ended: () => resolve({ ...got, body: Buffer.concat(chunks) }),
        failed: (fault) => resolve({ ...got, body: Buffer.concat(chunks), fault }),
      },
    )
  })
  return {
    done,
    bytes: () => bytes,
    until: (wanted) =>
      new Promise((resolve) => {
        if (bytes >= wanted) resolve()
        else waiting.push({ bytes: wanted, resolve })
      }),
    exchange: () => {
      if (exchange === undefined) throw new Error('it was not begun')
      return exchange
    },
  }
}

const echo: Script = (request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'x-vouch-work': 'signed' })
  response.end(request.body)
}

test('a request goes to the engine and its answer comes back, byte for byte', async () => {
  engine.become(echo)
  const got = await ask('{"a":1}').done
  expect(got.fault).toBeUndefined()
  expect(got.status).toBe(200)
  expect(got.headers).toMatchObject({ contentType: 'application/json', encodedWork: 'signed' })
  const [asked] = engine.requests
  expect(asked?.path).toBe('/v1/chat/completions')
  expect(asked?.headers['accept-encoding']).toBe('identity')
  expect(got.body.toString()).toBe('{"a":1}')
  expect(asked?.headers['x-vouch-exchange']).toBeUndefined()
  expect(tunnel.inFlight).toBe(0)
})

test("the engine's refusals and failures are its own", async () => {
  engine.become((_, response) => {
    response.writeHead(429, { 'retry-after': '7' }).end('no')
  })
  expect(await ask().done).toMatchObject({ status: 429, headers: { retryAfter: '7' } })
  engine.become((_, response) => {
    response.writeHead(200)
    response.write('half')
    setImmediate(() => response.destroy())
  })
  const cut = await ask().done
  expect(cut.fault).toBe('interrupted')
  await vi.waitFor(() => expect(exchanges.inFlight).toBe(0), 5_000)
})

test('two hundred at once, each with its own answer', async () => {
  engine.become(echo)
  const asked = Array.from({ length: 200 }, (_, index) =>
    ask(`{"n":${index},"pad":"${'x'.repeat(index * 50)}"}`),
  )
  const answers = await Promise.all(asked.map(({ done }) => done))
  for (const [index, { body }] of answers.entries()) {
    expect(JSON.parse(body.toString())).toMatchObject({ n: index })
  }
})

test('a stream goes on where it was when the line is mended', async () => {
  const engineStream = stepping()
  engine.become(engineStream.script)
  const asking = ask()
  await engineStream.begun
  engineStream.write('first ')
  await asking.until(6)
  const again = nextArrival()
  line.cut()
  engineStream.write('second ')
  line.mend()
  await again
  engineStream.write('third')
  engineStream.end()
  const { body, fault } = await asking.done
  expect(fault).toBeUndefined()
  expect(body.toString()).toBe('first second third')
  expect(engine.requests).toHaveLength(1)
})

test('a large answer survives any number of cuts whole', async () => {
  const bytes = Buffer.alloc(6_000_000)
  for (let index = 0; index < bytes.length; index += 4) bytes.writeUInt32LE(index, index)
  engine.become((_, response) => {
    response.writeHead(200).end(bytes)
  })
  const asking = ask()
  for (const part of [1, 2, 3, 4]) {
    await asking.until((bytes.length / 6) * part)
    const again = nextArrival()
    line.cut()
    line.mend()
    await again
  }
  const { body, fault } = await asking.done
  expect(fault).toBeUndefined()
  expect(body.length).toBe(bytes.length)
  expect(sha256Hex(body)).toBe(sha256Hex(bytes))
})

test('a key that is taken back takes its tunnel with it, and nothing else does', async () => {
  tunnels.expect([{ ...expected, offers: [] }])
  expect(tunnels.find(contributor)).toBe(tunnel)
  // Another key beside it takes nothing from the one in use.
  const signingAddresses = [gateway, addressOfPrivateKey(signingKey)]
  tunnels.expect([{ ...expected, identity: { operator: contributor, signingAddresses } }])
  expect(tunnels.find(contributor)).toBe(tunnel)
  engine.become(() => {})
  const asking = ask()
  const identity = { operator: contributor, signingAddresses: [gateway] }
  tunnels.expect([{ ...expected, identity }])
  expect((await asking.done).fault).toBe('interrupted')
  expect(tunnels.find(contributor)).toBeUndefined()
  // Who has another key may be back in a moment.
  expect(tunnels.isReachable(contributor)).toBe(true)
  await vi.waitFor(() => expect(refusals.join()).toMatch(/not of a key/), 5_000)
  tunnels.expect([])
  expect(tunnels.isReachable(contributor)).toBe(false)
})

test('another key is proven beside the connection that stands, and nobody is away when the former is taken back', async () => {
  const stream = stepping()
  engine.become(stream.script)
  const asking = ask()
  await stream.begun
  stream.write('data: 1\n\n')
  await asking.until(9)
  const nextKey = randomPrivateKey()
  const both = [signingKey, nextKey].map(addressOfPrivateKey)
  tunnels.expect([{ ...expected, identity: { operator: contributor, signingAddresses: both } }])
  agentKeys = { ...agentKeys, signingKey: nextKey }
  const proven = nextArrival()
  renew()
  await proven
  const signingAddresses = [addressOfPrivateKey(nextKey)]
  tunnels.expect([{ ...expected, identity: { operator: contributor, signingAddresses } }])
  expect(tunnels.find(contributor)).toBe(tunnel)
  expect(tunnel.isUp).toBe(true)
  stream.write('data: 2\n\n')
  stream.end()
  const { body, fault } = await asking.done
  expect(fault).toBeUndefined()
  expect(String(body)).toBe('data: 1\n\ndata: 2\n\n')
})

test('an abort reaches the engine at once, also of an answer that has not begun', async () => {
  engine.become(() => {})
  const asking = ask()
  const request = await engine.nextRequest()
  asking.exchange().abort()
  await request.left
  expect((await asking.done).fault).toBe('aborted')
})

test('a reader that pauses stops the engine, and nothing is lost', async () => {
  const bytes = Buffer.alloc(16 * 1024 * 1024, 7)
  let isWritten = false
  engine.become((_, response) => {
    response.writeHead(200)
    response.end(bytes, () => {
      isWritten = true
    })
  })
  const asking = ask()
  await asking.until(1)
  asking.exchange().pause()
  // What fits into windows and socket buffers may still come; a whole answer may not.
  await new Promise((resolve) => setImmediate(resolve))
  expect(isWritten).toBe(false)
  asking.exchange().resume()
  expect((await asking.done).body.length).toBe(bytes.length)
})

test('silence of the engine ends the exchange in time', async () => {
  engine.become(() => {})
  expect((await ask('{}', { headersTimeoutMs: 50 }).done).fault).toBe('overdue')
  const engineStream = stepping()
  engine.become(engineStream.script)
  const stalled = await ask('{}', { idleTimeoutMs: 50 }).done
  expect(stalled).toMatchObject({ status: 200, fault: 'stalled' })
})

test('who only dials in again and again does not keep an exchange open', async () => {
  hangUp()
  tunnels.close()
  await line.close()
  await open({ resumeMs: 900, pingMs: 10_000 })
  const engineStream = stepping()
  engine.become(engineStream.script)
  const asking = ask('{}', { idleTimeoutMs: 100 })
  await engineStream.begun
  engineStream.write('x')
  await asking.until(1)
  let isOver = false
  const done = asking.done.finally(() => {
    isOver = true
  })
  // Each time round takes less than what a broken line may, and all of them more.
  for (let dials = 0; dials < 40 && !isOver; dials += 1) {
    const again = nextArrival()
    line.cut()
    line.mend()
    await Promise.race([again, done])
  }
  expect(isOver).toBe(true)
  expect((await done).fault).toBe('stalled')
})

test('a line that falls silent is found by pings, and the stream goes on over the next', async () => {
  hangUp()
  tunnels.close()
  await line.close()
  await open({ resumeMs: 20_000, pingMs: 40 })
  const engineStream = stepping()
  engine.become(engineStream.script)
  const asking = ask()
  await engineStream.begun
  engineStream.write('before ')
  await asking.until(7)
  const again = nextArrival()
  line.silence()
  engineStream.write('after')
  engineStream.end()
  await again
  const { body, fault } = await asking.done
  expect(fault).toBeUndefined()
  expect(body.toString()).toBe('before after')
})

test('who does not dial in again in time is given up', async () => {
  hangUp()
  tunnels.close()
  await line.close()
  await open({ resumeMs: 30, pingMs: 10_000 })
  const reached: boolean[] = []
  tunnels.watchReach(() => reached.push(tunnels.isReachable(contributor)))
  expect(tunnels.isReachable(contributor)).toBe(true)
  const engineStream = stepping()
  engine.become(engineStream.script)
  const asking = ask()
  await engineStream.begun
  line.cut()
  expect((await asking.done).fault).toBe('interrupted')
  expect(tunnel.inFlight).toBe(0)
  expect((await ask().done).fault).toBe('unreachable')
  await vi.waitFor(() => expect(reached).toEqual([false]), 5_000)
})

describe('the greeting', () => {
  const dial = (keys: Partial<GreetingKeys>, as = contributor): Promise<string> =>
    new Promise((resolve) => {
      const others = new TunnelExchanges(forwardTo(engineAddress()), 1)
      const dialling = dialGateway({
        url: new URL(`http://127.0.0.1:${line.port}/`),
        contributor: as,
        onSession: (session, nonce) => {
          others.serve(session, (text) => {
            const answer = answerGreeting({ ...agentKeys, ...keys }, nonce, text)
            if (!answer.ok) resolve(`agent: ${answer.error}`)
            return answer
          })
        },
        onLost: (why) => {
          dialling.stop()
          resolve(refusals.at(-1) === undefined ? why : `gateway: ${refusals.at(-1)}`)
        },
        silenceMs: 60_000,
        random: () => 0,
      })
    })

  test('an agent serves no gateway but the one that it chose', async () => {
    const stranger = addressOfPrivateKey(randomPrivateKey())
    expect(await dial({ gatewayKeys: [stranger] })).toMatch(/agent: .*not signed by the gateway/)
    expect(await dial({ gateway: stranger })).toMatch(/agent: .*another gateway/)
    const elsewhere = contributorDomain({ chainId: 1, verifyingContract: gateway })
    expect(await dial({ domain: elsewhere })).toMatch(/agent: .*not signed by the gateway/)
  })

  test('a gateway takes no contributor but those whom it knows by their key', async () => {
    expect(await dial({ signingKey: randomPrivateKey() })).toMatch(/gateway: .*not of a key/)
    const nobody = addressOfPrivateKey(randomPrivateKey())
    expect(await dial({}, nobody)).toMatch(/403|may dial in/)
    // Nothing of it reached the tunnel of the one who is there.
    engine.become(echo)
    expect((await ask('{"still":"here"}').done).body.toString()).toBe('{"still":"here"}')
  })

  test('who is taken off the list is hung up on', async () => {
    engine.become(() => {})
    const asking = ask()
    await engine.nextRequest()
    tunnels.expect([])
    expect((await asking.done).fault).toBe('interrupted')
    expect(tunnels.find(contributor)).toBeUndefined()
  })

  test('before the greeting an agent answers nothing', async () => {
    const silent = createServer()
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    silent.on('upgrade', (_request, socket: Socket, head) => {
      void acceptTunnel(socket, head).then((session) => {
        const stream = session.request({
          ':method': 'POST',
          ':path': '/v1/chat/completions',
          'x-vouch-exchange': 'e',
        })
        stream.on('response', (headers) => resolve(headers[':status']))
        stream.end('{}')
      })
    })
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening))
    const { port } = silent.address() as AddressInfo
    const dialling = dialGateway({
      url: new URL(`http://127.0.0.1:${port}/`),
      contributor,
      onSession: (session, nonce) => {
        exchanges.serve(session, (text) => answerGreeting(agentKeys, nonce, text))
      },
      onLost: () => {},
      silenceMs: 60_000,
      random: () => 0,
    })
    expect(await promise).toBe(401)
    expect(engine.requests).toHaveLength(0)
    dialling.stop()
    silent.closeAllConnections()
    silent.close()
  })
})
