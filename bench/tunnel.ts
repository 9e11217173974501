/*
 * `node bench/tunnel.ts`: what asking a contributor through its own connection costs beside dialling it. Two hundred streams at
 * once, an event each 40 ms, by turns over the tunnel and direct, from the same engine. Three processes: this one asks as a gateway
 * does, the agent is a contributor's, the engine is the upstream of the other benchmarks. README.md has figures.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Cancellation } from '../src/base/cancellation.ts'
import { contributorDomain } from '../src/chain/payout-typed-data.ts'
import { type PrivateKey, parsePrivateKey, randomPrivateKey } from '../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../src/chain/signatures.ts'
import { answerGreeting } from '../src/contributor/answer-greeting.ts'
import { dialGateway } from '../src/contributor/dial-gateway.ts'
import { forwardTo } from '../src/contributor/forward-request.ts'
import { TunnelExchanges } from '../src/contributor/tunnel-exchanges.ts'
import { openAnswer } from '../src/upstream/open-answer.ts'
import { Tunnels } from '../src/upstream/tunnels.ts'
import { UpstreamPools } from '../src/upstream/upstream-pools.ts'
import { cpuMicrosOf } from './process-accounting.ts'
import { median, quantile } from './statistics.ts'
import { eventsPerStream, requestBody, stampIn } from './traffic.ts'
import { startUpstream } from './upstream.ts'

const streams = 200
const rounds = 5
const operator = addressOfPrivateKey(parsePrivateKey(`0x${'0b'.repeat(32)}`) as PrivateKey)
const domain = contributorDomain({ chainId: 31_337, verifyingContract: operator })

type Told = {
  readonly host?: string
  readonly timeOriginMs?: number
  readonly port?: number
  readonly key?: PrivateKey
}

/** The engine, in a process of its own. */
async function runEngine(): Promise<void> {
  const { host } = await startUpstream()
  process.send?.({ host, timeOriginMs: performance.timeOrigin })
}

/** The contributor's agent, told where the gateway and its engine are. */
function runAgent(): void {
  process.once('message', ({ host, port, key }: Required<Told>) => {
    const exchanges = new TunnelExchanges(
      forwardTo({ origin: `http://${host}`, headers: {} }),
      60_000,
    )
    const gatewayKeys = [addressOfPrivateKey(key)]
    const keys = { domain, gateway: operator, gatewayKeys, contributor: operator, signingKey: key }
    dialGateway({
      url: new URL(`http://127.0.0.1:${port}/`),
      contributor: operator,
      onSession: (session, nonce) => {
        exchanges.serve(session, (text) => answerGreeting(keys, nonce, text))
      },
      onLost: () => {},
      silenceMs: 60_000,
      random: Math.random,
    })
  })
}

const started = (role: string): ChildProcess => fork(new URL(import.meta.url), [role])
const message = (child: ChildProcess): Promise<Told> =>
  new Promise((resolve) => child.once('message', (told) => resolve(told as Told)))

type Round = { readonly delaysMs: number[]; readonly cpuMicrosPerEvent: number }

async function measure(
  pools: UpstreamPools,
  baseUrl: string,
  /** By the clock of the engine. */
  nowMs: () => number,
): Promise<Round> {
  const pids = [process.pid]
  const body = requestBody('paced')
  const delaysMs: number[] = []
  const before = cpuMicrosOf(pids)
  await Promise.all(
    Array.from({ length: streams }, async () => {
      const cancellation = new Cancellation()
      const headers = { 'content-type': 'application/json' }
      const asked = {
        baseUrl,
        path: '/chat/completions',
        headers,
        body,
        stream: true,
        cancellation,
      }
      const opened = await openAnswer(pools, asked)
      if (!opened.ok) throw new Error(opened.error.reason)
      await new Promise<void>((resolve, reject) => {
        opened.value.flow({
          data: (chunk) => {
            const sentAtMs = stampIn(chunk)
            if (sentAtMs !== undefined) delaysMs.push(nowMs() - sentAtMs)
            return true
          },
          end: resolve,
          fail: ({ reason }) => reject(new Error(reason)),
        })
      })
    }),
  )
  return { delaysMs, cpuMicrosPerEvent: (cpuMicrosOf(pids) - before) / (streams * eventsPerStream) }
}

async function compare(): Promise<void> {
  const engine = started('engine')
  const agent = started('agent')
  const { host, timeOriginMs = 0 } = await message(engine)
  const key = randomPrivateKey()
  const up = Promise.withResolvers<void>()
  const tunnels = new Tunnels({
    greeting: { domain, gateway: operator, signingKey: key, timeoutMs: 5_000 },
    times: { resumeMs: 60_000, pingMs: 10_000 },
    onEvent: ({ event }) => event === 'tunnel_up' && up.resolve(),
  })
  const identity = { operator, signingAddresses: [addressOfPrivateKey(key)] }
  const tunnelUrl = `tunnel://${operator}/v1`
  tunnels.expect([
    { contributorId: 'c', baseUrl: tunnelUrl, authorization: undefined, identity, offers: [] },
  ])
  const door = createServer()
  door.on('upgrade', ({ headers }, socket: Socket, head) => {
    const hello = {
      contributor: String(headers['x-vouch-contributor']),
      nonce: String(headers['x-vouch-nonce']),
    }
    void tunnels.take(socket, head, hello)
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  agent.send({ host, port: (door.address() as AddressInfo).port, key })
  await up.promise
  const pools = new UpstreamPools(undefined, { tunnels })
  const agentPids = [agent.pid ?? 0]
  const nowMs = () => performance.timeOrigin + performance.now() - timeOriginMs
  const rows = { direct: [] as Round[], tunnel: [] as (Round & { agent: number })[] }
  for (let round = 0; round <= rounds; round += 1) {
    const direct = await measure(pools, `http://${host}/v1`, nowMs)
    const before = cpuMicrosOf(agentPids)
    const tunnel = await measure(pools, tunnelUrl, nowMs)
    const agentMicros = (cpuMicrosOf(agentPids) - before) / (streams * eventsPerStream)
    // The first round warms up.
    if (round === 0) continue
    rows.direct.push(direct)
    rows.tunnel.push({ ...tunnel, agent: agentMicros })
  }
  print('direct', rows.direct)
  print('tunnel', rows.tunnel)
  const agentMicros = median(rows.tunnel.map((row) => row.agent))
  process.stdout.write(`agent                CPU ${agentMicros.toFixed(1)} µs an event\n`)
  agent.kill()
  engine.kill()
  door.closeAllConnections()
  door.close()
  await pools.close()
}

function print(name: string, measured: readonly Round[]): void {
  const figure = (of: (round: Round) => number) => median(measured.map(of))
  const cpu = figure((round) => round.cpuMicrosPerEvent).toFixed(1)
  const p50 = figure((round) => quantile(round.delaysMs, 0.5)).toFixed(2)
  const p99 = figure((round) => quantile(round.delaysMs, 0.99)).toFixed(2)
  process.stdout.write(
    `gateway, ${name.padEnd(8)}    CPU ${cpu} µs an event, delay p50 ${p50} ms, p99 ${p99} ms\n`,
  )
}

const role = process.argv[2]
if (role === 'engine') await runEngine()
else if (role === 'agent') runAgent()
else await compare()
