/*
 * What can be tried by those who dial in: strangers who know a contributor's name, and a contributor that wants to harm the
 * gateway behind which it stands.
 */
import { constants, type ServerHttp2Stream } from 'node:http2'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { contributorDomain } from '../../src/chain/payout-typed-data.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { address } from '../../src/domain/units.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testContributorRegistry,
} from '../support/gateway-on-ledger.ts'
import { dialAs, knock, proveAs, statusOf } from '../support/hostile-agent.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'

const contributor = address(`0x${'c0'.repeat(20)}`)
const signingKey = randomPrivateKey()

let honest: ScriptedUpstream
let gateway: TestGateway

beforeEach(async () => {
  honest = await startScriptedUpstream()
  gateway = await start()
})

function start(): Promise<TestGateway> {
  const identity = { operator: contributor, signingAddresses: [addressOfPrivateKey(signingKey)] }
  return startGatewayOnLedger({
    upstreams: [
      { id: 'far', baseUrl: `tunnel://${contributor}/v1`, identity },
      { id: 'near', baseUrl: honest.baseUrl },
    ],
  })
}

afterEach(async () => {
  await gateway.stop()
  await honest.close()
})

const agentKeys = () => ({
  domain: contributorDomain({ chainId: 31337, verifyingContract: testContributorRegistry }),
  gateway: gateway.operator,
  gatewayKeys: [gateway.operator],
  contributor,
  signingKey,
})

const dial = (serve: Parameters<typeof dialAs>[2]) => dialAs(gateway.origin, agentKeys(), serve)

const askFarFirst = () =>
  fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      routing: { order: ['far', 'near'] },
    }),
  })

test('a stranger who is refused and resets its connection takes nobody down', async () => {
  const died = vi.fn()
  process.on('uncaughtException', died)
  for (let times = 0; times < 20; times += 1) {
    const { socket } = await knock(gateway.origin, `0x${'99'.repeat(20)}`)
    socket.resetAndDestroy()
  }
  expect((await askFarFirst()).status).toBe(200)
  process.off('uncaughtException', died)
  expect(died).not.toHaveBeenCalled()
})

test('strangers who say nothing keep no contributor out', async () => {
  const strangers = []
  for (let times = 0; times < 64; times += 1) {
    const knocked = await knock(gateway.origin, contributor)
    expect(await statusOf(knocked)).toContain(' 101 ')
    strangers.push(knocked)
  }
  await dial(() => {})
  for (const { socket } of strangers) socket.destroy()
})

test('an address that opens more connections than there are places pushes out its own alone', async () => {
  const owner = await knock(gateway.origin, contributor, '127.0.0.2')
  expect(await statusOf(owner)).toContain(' 101 ')
  let pushedOut = 0
  const strangers = []
  // Between the gateway's 101 and the proof, which takes the owner a round trip.
  for (let times = 0; times < 70; times += 1) {
    const knocked = await knock(gateway.origin, contributor)
    expect(await statusOf(knocked)).toContain(' 101 ')
    knocked.socket.resume().once('close', () => {
      pushedOut += 1
    })
    strangers.push(knocked)
  }
  await proveAs(owner, agentKeys(), () => {})
  // 63 beside the owner: the rest was hung up on.
  await vi.waitFor(() => expect(pushedOut).toBe(7))
  for (const { socket } of strangers) socket.destroy()
})

test('neither a stranger nor an agent that stays keeps the gateway from stopping', async () => {
  await dial(() => {})
  const { socket } = await knock(gateway.origin, contributor)
  const hungUp = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  await gateway.stop()
  await hungUp
  gateway = await start()
})

test('an agent that says it goes away, and stays, is asked nothing more over that connection', async () => {
  const died = vi.fn()
  process.on('uncaughtException', died)
  let asked = 0
  const session = await dial((stream) => {
    asked += 1
    // Its streams stay open: to the protocol the connection goes on until they end.
    stream.resume()
    session.goaway()
  })
  const lost = new Promise((resolve) => session.once('close', resolve))
  const first = askFarFirst()
  await lost
  expect((await askFarFirst()).status).toBe(200)
  // Over the next one it forgot what it was asked.
  await dial((stream) => stream.respond({ ':status': 410 }, { endStream: true }))
  expect((await first).status).toBe(200)
  process.off('uncaughtException', died)
  expect(asked).toBe(1)
  expect(died).not.toHaveBeenCalled()
})

const answered = { ':status': 200, 'content-type': 'application/json' } as const

/** What an agent can do with a request besides answering it. */
const broken: Readonly<Record<string, Parameters<typeof dialAs>[2]>> = {
  'resets it': (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
  'ends without its length': (stream) => {
    stream.respond(answered)
    stream.end('{}')
  },
  'says another length': (stream) => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-vouch-bytes': '1' }))
    stream.respond(answered, { waitForTrailers: true })
    stream.end('{}')
  },
  'says a length that is none': (stream) => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-vouch-bytes': 'NaN' }))
    stream.respond(answered, { waitForTrailers: true })
    stream.end()
  },
  'sends headers without end': (stream) => {
    const many = Array.from({ length: 300 }, (_, index) => [`x-${index}`, 'y'.repeat(300)])
    stream.respond({ ...answered, ...Object.fromEntries(many) })
  },
  'says that it is elsewhere': (stream) => {
    stream.respond({ ':status': 302, location: '/' }, { endStream: true })
  },
  'ends the connection by an error': (stream) => {
    stream.session?.goaway(constants.NGHTTP2_INTERNAL_ERROR)
    stream.session?.destroy()
  },
}

test('whatever an agent does with what it is asked, others answer', async () => {
  const again = (stream: ServerHttp2Stream) =>
    stream.respond({ ':status': 410 }, { endStream: true })
  for (const [how, serve] of Object.entries(broken)) {
    let asked = 0
    const session = await dial((stream, ...rest) => {
      asked += 1
      serve(stream, ...rest)
    })
    const answering = askFarFirst()
    session.on('close', () => void dial(again).catch(() => {}))
    expect((await answering).headers.get('x-vouch-contributor'), how).toBe('near')
    expect(asked, how).toBe(1)
    expect(gateway.internalErrors, how).toEqual([])
    expect((await gateway.books()).channel.heldAmount, how).toBe(0n)
    // A new gateway has no opinion of the agent yet.
    await gateway.stop()
    gateway = await start()
  }
})
