/*
 * `node bench/tunnel.ts`: what asking a contributor through its own connection costs beside dialling it, and what it costs its
 * agent to stand before the engine and sign. Two hundred streams at once, an event each 40 ms, by turns direct, through an
 * agent that only passes bytes on, and through one that signs; then answers in one piece. Four processes: this one asks as a
 * gateway does, the agents are contributors', the engine is the upstream of the other benchmarks. README.md has figures.
 */
import type { ChildProcess } from 'node:child_process'
import { randomPrivateKey } from '../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../src/chain/signatures.ts'
import type { UpstreamPools } from '../src/upstream/upstream-pools.ts'
import { cpuMicrosOf } from './process-accounting.ts'
import { median, quantile } from './statistics.ts'
import { eventsPerStream, stampIn } from './traffic.ts'
import { askOnce, expectedOf, openTunnelGateway } from './tunnel-gateway.ts'
import { startAgent, startEngine, streams } from './tunnel-process.ts'

const rounds = 5
const wholeAnswers = 2_000
const wholeAtOnce = 50

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
  const { child: engine, host, timeOriginMs } = await startEngine()
  const contributors = [false, true].map((signs) => ({ signs, key: randomPrivateKey() }))
  const accounts = contributors.map(({ key }) => addressOfPrivateKey(key))
  const { pools, port, gatewayKey, allUp, close } = await openTunnelGateway(accounts)
  const ways: Way[] = [
    { name: 'direct', baseUrl: `http://${host}/v1`, agent: undefined, rounds: [] },
    ...contributors.map(({ signs, key }): Way => {
      const agent = startAgent({ host, port, gatewayKey, key, signs })
      const { baseUrl } = expectedOf(addressOfPrivateKey(key))
      return { name: signs ? 'tunnel, signed' : 'tunnel', baseUrl, agent, rounds: [] }
    }),
  ]
  await allUp
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
  await close()
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

await compare()
