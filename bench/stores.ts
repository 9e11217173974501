/*
 * The ledger's two stores beside each other: a hold and its charge on one channel, both durable, in interleaved rounds.
 * CPU is what the kernel accounts to this process with all its threads, and to redis-server apart from it; a receipt is not
 * signed here (bench/micro.ts has what that costs).
 *
 *   node bench/stores.ts [ROUNDS]     each contender runs for two seconds a round
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LedgerStore } from '../src/store/ledger-store.ts'
import { openRedisLedger } from '../src/store/ledger-store-redis.ts'
import { openSqliteLedger } from '../src/store/ledger-store-sqlite.ts'
import { openTestChannel } from '../test/support/gateway-on-ledger.ts'
import { startRedisServer } from '../test/support/redis-server.ts'
import { LedgerCycles } from './ledger-cycles.ts'
import { cpuMicrosOf } from './process-accounting.ts'
import { median, quantile } from './statistics.ts'

const rounds = Number(process.argv[2] ?? 5)
const sliceMs = 2_000

type Contender = { readonly name: string; readonly ledgers: readonly LedgerStore[] }
type Figures = {
  readonly cyclesPerS: number
  readonly ownMicros: number
  readonly serverMicros: number
  readonly seals: number
  readonly p50Ms: number
  readonly p99Ms: number
}

async function measure(
  { ledgers }: Contender,
  run: { readonly inFlight: number; readonly serverPid: number },
): Promise<Figures> {
  const cycles = new LedgerCycles(ledgers)
  const pids = [process.pid, run.serverPid]
  const before = pids.map((pid) => cpuMicrosOf([pid]))
  const beganMs = performance.now()
  await cycles.run(run.inFlight / ledgers.length, sliceMs)
  const tookS = (performance.now() - beganMs) / 1000
  const count = cycles.waitsMs.length
  const [ownMicros = 0, serverMicros = 0] = pids.map(
    (pid, index) => (cpuMicrosOf([pid]) - (before[index] ?? 0)) / count,
  )
  return {
    cyclesPerS: count / tookS,
    ownMicros,
    serverMicros,
    seals: cycles.seals / count,
    p50Ms: median(cycles.waitsMs),
    p99Ms: quantile(cycles.waitsMs, 0.99),
  }
}

/** Request ids of a slice begin anew: each contender works on a ledger that no slice has used. */
async function openContenders(folder: string, url: string, slice: string): Promise<Contender[]> {
  const redis = (name: string) => openRedisLedger({ url, keyPrefix: `${name}-${slice}` })
  return [
    { name: 'SQLite', ledgers: [openSqliteLedger({ path: join(folder, `${slice}.db`) })] },
    { name: 'Redis', ledgers: [await redis('one')] },
    {
      name: 'Redis, 4 replicas',
      ledgers: await Promise.all(['', '', '', ''].map(() => redis('four'))),
    },
  ]
}

async function round(at: {
  readonly folder: string
  readonly url: string
  readonly serverPid: number
  readonly inFlight: number
  readonly slice: string
  readonly note: (name: string, figures: Figures) => void
}): Promise<void> {
  for (const contender of await openContenders(at.folder, at.url, at.slice)) {
    const [first] = contender.ledgers
    if (first !== undefined) await openTestChannel(first, 10n ** 30n)
    at.note(contender.name, await measure(contender, at))
    for (const ledger of contender.ledgers) await ledger.close()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'vouch-stores-'))
const server = await startRedisServer()
const serverPid = Number(
  /process_id:(\d+)/.exec(String(await server.command('INFO', 'server')))?.[1],
)
try {
  for (const inFlight of [32, 256]) {
    const figures = new Map<string, Figures[]>()
    for (let index = 0; index <= rounds; index += 1) {
      const note = (name: string, one: Figures) => {
        // The first round compiles.
        if (index > 0) figures.set(name, [...(figures.get(name) ?? []), one])
      }
      await round({
        folder,
        url: server.url,
        serverPid,
        inFlight,
        slice: `${inFlight}-${index}`,
        note,
      })
      await server.command('FLUSHALL')
    }
    for (const [name, all] of figures) {
      const of = (field: keyof Figures, digits = 1) =>
        median(all.map((one) => one[field])).toFixed(digits)
      process.stdout.write(
        `${name.padEnd(20)} ${String(inFlight).padStart(4)} in flight: ${of('cyclesPerS', 0)} cycles/s, ` +
          `${of('ownMicros')} µs here, ${of('serverMicros')} µs in redis-server, ${of('seals', 2)} seals, ` +
          `p50 ${of('p50Ms')} ms, p99 ${of('p99Ms')} ms\n`,
      )
    }
  }
} finally {
  await server.stop()
  rmSync(folder, { recursive: true })
}
