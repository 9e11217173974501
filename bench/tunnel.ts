/*
 * `node bench/tunnel.ts`: what asking a contributor through its own connection costs beside dialling it, and what it costs its
 * agent to stand before the engine and sign. Two hundred streams at once, an event each 40 ms, by turns direct, through an
 * agent that only passes bytes on, and through one that signs; then answers in one piece. Four processes: this one asks as a
 * gateway does, the agents are contributors', the engine is the upstream of the other benchmarks. README.md has figures.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cancellation } from '../src/base/cancellation.ts'
import { randomHex } from '../src/base/random-ids.ts'
import { contributorDomain } from '../src/chain/payout-typed-data.ts'
import { type PrivateKey, parsePrivateKey, randomPrivateKey } from '../src/chain/private-key.ts'
import { receiptDomain } from '../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../src/chain/signatures.ts'
import { openAgent } from '../src/contributor/agent.ts'
import type { Answerer } from '../src/contributor/agent-request.ts'
import { answerGreeting } from '../src/contributor/answer-greeting.ts'
import { dialGateway } from '../src/contributor/dial-gateway.ts'
import { forwardTo } from '../src/contributor/forward-request.ts'
import { openJobBook } from '../src/contributor/job-book.ts'
import { TunnelExchanges } from '../src/contributor/tunnel-exchanges.ts'
import { type Address, atomic, zeroBytes32 } from '../src/domain/units.ts'
import { openAnswer } from '../src/upstream/open-answer.ts'
import { Tunnels } from '../src/upstream/tunnels.ts'
import { UpstreamPools } from '../src/upstream/upstream-pools.ts'
import { cpuMicrosOf } from './process-accounting.ts'
import { median, quantile } from './statistics.ts'
import { eventsPerStream, requestBody, stampIn } from './traffic.ts'
import { startUpstream } from './upstream.ts'

const streams = 200
const rounds = 5
const wholeAnswers = 2_000
const wholeAtOnce = 50
const gateway = addressOfPrivateKey(parsePrivateKey(`0x${'0b'.repeat(32)}`) as PrivateKey)
const place = { chainId: 31_337, verifyingContract: gateway }
const domain = contributorDomain(place)
const modelId = zeroBytes32

type Told = {
  readonly host?: string
  readonly timeOriginMs?: number
  readonly port?: number
  /** Of the gateway's key. */
  readonly gatewayKey?: Address
  readonly key?: PrivateKey
  readonly signs?: boolean
}

/** The engine, in a process of its own. */
async function runEngine(): Promise<void> {
  const { host } = await startUpstream()
  process.send?.({ host, timeOriginMs: performance.timeOrigin })
}

/** A contributor's agent, told where the gateway and its engine are. */
function runAgent(): void {
  process.once('message', async ({ host, port, gatewayKey, key, signs }: Required<Told>) => {
    const origin = `http://${host}`
    const answerer = signs ? await signing(origin, key) : forwardTo({ origin, headers: {} })
    const exchanges = new TunnelExchanges(answerer, 60_000)
    const contributor = addressOfPrivateKey(key)
    const keys = { domain, gateway, gatewayKeys: [gatewayKey], contributor, signingKey: key }
    dialGateway({
      url: new URL(`http://127.0.0.1:${port}/`),
      contributor,
      onSession: (session, nonce) => {
        exchanges.serve(session, (text) => answerGreeting(keys, nonce, text))
      },
      onLost: () => {},
      silenceMs: 60_000,
      random: Math.random,
    })
  })
}

async function signing(origin: string, privateKey: PrivateKey): Promise<Answerer> {
  const jobs = await openJobBook(join(mkdtempSync(join(tmpdir(), 'vouch-bench-')), 'jobs'))
  if (!jobs.ok) throw new Error(jobs.error)
  return openAgent({
    engine: { baseUrl: `${origin}/v1` },
    models: [{ id: 'm', modelId, asks: { floor: free, points: [] } }],
    signer: {
      contributor: addressOfPrivateKey(privateKey),
      privateKey,
      domain: receiptDomain(place),
    },
    gateway,
    jobs: jobs.value,
    slots: streams,
    waitingMax: 0,
    onJobEnd: (ended) => {
      if (ended.outcome !== 'complete') throw new Error(`a job was ${ended.outcome}`)
    },
    nowMs: Date.now,
  })
}

const free = {
  promptAtomicPerMtok: atomic(0n),
  cachedPromptAtomicPerMtok: atomic(0n),
  completionAtomicPerMtok: atomic(0n),
}

const started = (role: string): ChildProcess => fork(new URL(import.meta.url), [role])
const message = (child: ChildProcess): Promise<Told> =>
  new Promise((resolve) => child.once('message', (told) => resolve(told as Told)))

type Round = {
  readonly delaysMs: number[]
  readonly cpuMicrosPerEvent: number
  /** Of the agent; undefined where there is none. */
  readonly agentMicrosPerEvent: number | undefined
}

/** One way to the engine. */
type Way = {
  readonly name: string
  readonly baseUrl: string
  readonly agent: ChildProcess | undefined
  readonly rounds: Round[]
}

/** Headers of a job, which who signs wants and who does not passes on. */
const jobHeaders = (): Record<string, string> => ({
  'content-type': 'application/json',
  'x-vouch-job': `0x${randomHex(32)}`,
  'x-vouch-gateway': gateway,
  'x-vouch-model': modelId,
})

/** One answer to its end; `onChunk` is told of each piece. */
async function askOnce(
  pools: UpstreamPools,
  asked: { readonly baseUrl: string; readonly kind: 'unary' | 'paced' },
  onChunk: (chunk: Buffer) => void = () => {},
): Promise<void> {
  const opened = await openAnswer(pools, {
    baseUrl: asked.baseUrl,
    path: '/chat/completions',
    headers: jobHeaders(),
    body: requestBody(asked.kind),
    stream: asked.kind === 'paced',
    cancellation: new Cancellation(),
  })
  if (!opened.ok) throw new Error(opened.error.reason)
  await new Promise<void>((resolve, reject) => {
    opened.value.flow({
      data: (chunk) => {
        onChunk(chunk)
        return true
      },
      end: resolve,
      fail: ({ reason }) => reject(new Error(reason)),
    })
  })
}

async function measure(
  pools: UpstreamPools,
  { baseUrl, agent }: Way,
  /** By the clock of the engine. */
  nowMs: () => number,
): Promise<Round> {
  const delaysMs: number[] = []
  const agentPids = agent?.pid === undefined ? undefined : [agent.pid]
  const before = cpuMicrosOf([process.pid])
  const agentBefore = agentPids && cpuMicrosOf(agentPids)
  await Promise.all(
    Array.from({ length: streams }, () =>
      askOnce(pools, { baseUrl, kind: 'paced' }, (chunk) => {
        const sentAtMs = stampIn(chunk)
        if (sentAtMs !== undefined) delaysMs.push(nowMs() - sentAtMs)
      }),
    ),
  )
  const events = streams * eventsPerStream
  return {
    delaysMs,
    cpuMicrosPerEvent: (cpuMicrosOf([process.pid]) - before) / events,
    agentMicrosPerEvent: agentPids && (cpuMicrosOf(agentPids) - (agentBefore ?? 0)) / events,
  }
}

/** CPU of the agent for an answer in one piece, in µs. */
async function measureWhole(pools: UpstreamPools, { baseUrl, agent }: Way): Promise<number> {
  const pids = [agent?.pid ?? process.pid]
  const before = cpuMicrosOf(pids)
  let left = wholeAnswers
  await Promise.all(
    Array.from({ length: wholeAtOnce }, async () => {
      while (left > 0) {
        left -= 1
        await askOnce(pools, { baseUrl, kind: 'unary' })
      }
    }),
  )
  return (cpuMicrosOf(pids) - before) / wholeAnswers
}

async function compare(): Promise<void> {
  const engine = started('engine')
  const { host, timeOriginMs = 0 } = await message(engine)
  const gatewayKey = randomPrivateKey()
  const contributors = [false, true].map((signs) => ({ signs, key: randomPrivateKey() }))
  const up = contributors.map(() => Promise.withResolvers<void>())
  const waiting = [...up]
  const tunnels = new Tunnels({
    greeting: { domain, gateway, signingKey: gatewayKey, timeoutMs: 5_000 },
    times: { resumeMs: 60_000, pingMs: 10_000 },
    onEvent: ({ event }) => event === 'tunnel_up' && waiting.shift()?.resolve(),
  })
  tunnels.expect(contributors.map(({ key }) => expectedOf(addressOfPrivateKey(key))))
  const door = await openDoor(tunnels)
  const { port } = door.address() as AddressInfo
  const ways: Way[] = [
    { name: 'direct', baseUrl: `http://${host}/v1`, agent: undefined, rounds: [] },
    ...contributors.map(({ signs, key }): Way => {
      const agent = started('agent')
      agent.send({ host, port, gatewayKey: addressOfPrivateKey(gatewayKey), key, signs })
      const { baseUrl } = expectedOf(addressOfPrivateKey(key))
      return { name: signs ? 'tunnel, signed' : 'tunnel', baseUrl, agent, rounds: [] }
    }),
  ]
  await Promise.all(up.map(({ promise }) => promise))
  const pools = new UpstreamPools(undefined, { tunnels })
  const nowMs = () => performance.timeOrigin + performance.now() - timeOriginMs
  for (let round = 0; round <= rounds; round += 1) {
    for (const way of ways) {
      const measured = await measure(pools, way, nowMs)
      // The first round warms up.
      if (round > 0) way.rounds.push(measured)
    }
  }
  for (const way of ways) print(way)
  for (const way of ways.filter(({ agent }) => agent !== undefined)) {
    await measureWhole(pools, way)
    const figures = [await measureWhole(pools, way), await measureWhole(pools, way)]
    process.stdout.write(
      `${way.name.padEnd(15)} agent CPU ${median(figures).toFixed(0)} µs for an answer in one piece\n`,
    )
  }
  for (const { agent } of ways) agent?.kill()
  engine.kill()
  door.closeAllConnections()
  door.close()
  await pools.close()
}

const expectedOf = (operator: Address) => ({
  contributorId: operator,
  baseUrl: `tunnel://${operator}/v1`,
  authorization: undefined,
  identity: { operator, signingAddresses: [operator] },
  offers: [],
})

/** Where contributors dial in. */
async function openDoor(tunnels: Tunnels): Promise<Server> {
  const door = createServer()
  door.on('upgrade', ({ headers }, socket: Socket, head) => {
    const hello = {
      contributor: String(headers['x-vouch-contributor']),
      nonce: String(headers['x-vouch-nonce']),
    }
    void tunnels.take(socket, head, hello)
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  return door
}

function print({ name, rounds: measured }: Way): void {
  const figure = (of: (round: Round) => number) => median(measured.map(of))
  const cpu = figure((round) => round.cpuMicrosPerEvent).toFixed(1)
  const p50 = figure((round) => quantile(round.delaysMs, 0.5)).toFixed(2)
  const p99 = figure((round) => quantile(round.delaysMs, 0.99)).toFixed(2)
  const agent = figure((round) => round.agentMicrosPerEvent ?? 0).toFixed(1)
  process.stdout.write(
    `${name.padEnd(15)} gateway CPU ${cpu}, agent CPU ${agent} µs an event, delay p50 ${p50}, p99 ${p99} ms\n`,
  )
}

const role = process.argv[2]
if (role === 'engine') await runEngine()
else if (role === 'agent') runAgent()
else await compare()
