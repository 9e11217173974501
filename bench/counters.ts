/*
 * What counting costs a request, in interleaved rounds: a claim on a minute's requests and tokens with its correction, and
 * a place at a contributor taken and left. CPU is what the kernel accounts to this process, and to redis-server apart from
 * it, whose settings are those of a ledger.
 *
 *   node bench/counters.ts [ROUNDS]     each contender runs for a second a round, with 32 in flight
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConcurrencyStore } from '../src/store/concurrency-store.ts'
import { MemoryConcurrency } from '../src/store/concurrency-store-memory.ts'
import { openRedisConcurrency } from '../src/store/concurrency-store-redis.ts'
import type { RateWindowStore } from '../src/store/rate-window-store.ts'
import { MemoryRateWindows } from '../src/store/rate-window-store-memory.ts'
import { openRedisRateWindows } from '../src/store/rate-window-store-redis.ts'
import { openSqliteRateWindows } from '../src/store/rate-window-store-sqlite.ts'
import { startRedisServer } from '../test/support/redis-server.ts'
import { cpuMicrosOf } from './process-accounting.ts'
import { median, quantile } from './statistics.ts'

const rounds = Number(process.argv[2] ?? 5)
const sliceMs = 1_000
const inFlight = 32
const counters = 20

type Contender = { readonly name: string; readonly cycle: (index: number) => Promise<void> }
type Figures = {
  readonly cyclesPerS: number
  readonly ownMicros: number
  readonly serverMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Room for everybody: what is measured is counting, not refusing. */
const roomy = 2 ** 50

const claiming =
  (store: RateWindowStore, windowMs: number) =>
  async (index: number): Promise<void> => {
    const limit = (what: string) => ({
      counter: `${index % counters}/${what}`,
      max: roomy,
      windowMs,
    })
    const claims = [
      { limit: limit('requests'), amount: 1 },
      { limit: limit('tokens'), amount: 1_000 },
    ]
    const reserved = await store.reserve(claims, Date.now())
    if (!reserved.ok) throw new Error('there is room')
    await store.correct(reserved.value, [1, 300], Date.now())
  }

const entering =
  (store: ConcurrencyStore) =>
  async (index: number): Promise<void> => {
    const limits = [{ counter: `${index % counters}`, max: roomy }]
    const entered = await store.enter(limits, Date.now())
    if (!entered.ok) throw new Error('there is room')
    entered.value()
  }

async function measure({ cycle }: Contender, serverPid: number): Promise<Figures> {
  const waitsMs: number[] = []
  const pids = [process.pid, serverPid]
  const before = pids.map((pid) => cpuMicrosOf([pid]))
  const beganMs = performance.now()
  const untilMs = beganMs + sliceMs
  const lane = async (index: number) => {
    for (let turn = index; performance.now() < untilMs; turn += inFlight) {
      const startedMs = performance.now()
      await cycle(turn)
      waitsMs.push(performance.now() - startedMs)
      // What answers at once would let nothing else happen.
      if (turn % (64 * inFlight) === index) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, index) => lane(index)))
  const tookS = (performance.now() - beganMs) / 1000
  const [ownMicros = 0, serverMicros = 0] = pids.map(
    (pid, index) => (cpuMicrosOf([pid]) - (before[index] ?? 0)) / waitsMs.length,
  )
  return {
    cyclesPerS: waitsMs.length / tookS,
    ownMicros,
    serverMicros,
    p50Ms: median(waitsMs),
    p99Ms: quantile(waitsMs, 0.99),
  }
}

const folder = mkdtempSync(join(tmpdir(), 'vouch-counters-'))
const server = await startRedisServer()
const serverPid = Number(
  /process_id:(\d+)/.exec(String(await server.command('INFO', 'server')))?.[1],
)
const at = { url: server.url, keyPrefix: 'bench' }
const minuteMs = 60_000
const dayMs = 86_400_000
const kept = openSqliteRateWindows(join(folder, 'windows.db'), Date.now())
const shared = await openRedisRateWindows(at)
const places = await openRedisConcurrency(at)
const contenders: readonly Contender[] = [
  { name: 'a claim, memory', cycle: claiming(new MemoryRateWindows(), minuteMs) },
  { name: 'a claim, data folder, a day', cycle: claiming(kept, dayMs) },
  { name: 'a claim, Redis', cycle: claiming(shared, minuteMs) },
  { name: 'a place, memory', cycle: entering(new MemoryConcurrency()) },
  { name: 'a place, Redis', cycle: entering(places) },
]
try {
  const figures = new Map<string, Figures[]>()
  for (let index = 0; index <= rounds; index += 1) {
    for (const contender of contenders) {
      const one = await measure(contender, serverPid)
      // The first round compiles.
      if (index > 0) figures.set(contender.name, [...(figures.get(contender.name) ?? []), one])
    }
  }
  for (const [name, all] of figures) {
    const of = (field: keyof Figures, digits: number) =>
      median(all.map((one) => one[field])).toFixed(digits)
    process.stdout.write(
      `${name.padEnd(28)} ${of('cyclesPerS', 0).padStart(8)} a second, ${of('ownMicros', 1)} µs here, ` +
        `${of('serverMicros', 1)} µs in redis-server, p50 ${of('p50Ms', 2)} ms, p99 ${of('p99Ms', 2)} ms\n`,
    )
  }
} finally {
  await kept.close()
  await shared.close()
  await places.close()
  await server.stop()
  rmSync(folder, { recursive: true })
}
