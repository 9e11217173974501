/*
 * Processes that keep a log are killed -9 between any two steps, one at a time on SQLite and two at once on a Redis that
 * they share: a batch that was closed never changes, no number is ever signed twice over, and the chain gets each batch once.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAnchoredBatches } from '../../src/chain/receipt-anchor.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { LogHead } from '../../src/domain/log-head.ts'
import type { LogStore } from '../../src/store/log-store.ts'
import { openRedisLog } from '../../src/store/log-store-redis.ts'
import { openSqliteLog } from '../../src/store/log-store-sqlite.ts'
import { expectOk } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { someDigests } from '../support/log-batches.ts'
import { type LogChain, startLogChain } from '../support/log-place.ts'
import { startRedisServer } from '../support/redis-server.ts'
import { seededRandom } from '../support/seeded-random.ts'

const childPath = join(import.meta.dirname, '../support/log-crash-child.ts')

let chain: LogChain
beforeAll(async () => {
  chain = await startLogChain()
})
afterAll(() => chain.stop())

type Place = {
  readonly where: string
  readonly open: () => Promise<LogStore>
  readonly remove: () => Promise<void>
}

async function inFolder(): Promise<Place> {
  const folder = temporaryFolder()
  const open = async () => openSqliteLog(`${folder.path}/log.db`)
  return { where: folder.path, open, remove: async () => folder.remove() }
}

async function inRedis(): Promise<Place> {
  const { url, stop } = await startRedisServer()
  return { where: url, open: () => openRedisLog({ url, keyPrefix: 'crash' }), remove: stop }
}

describe.each([
  ['one process on SQLite', inFolder, 1],
  ['two processes on Redis', inRedis, 2],
] as const)('%s', (_name, createPlace, processes) => {
  const random = seededRandom(20_261_122 + processes)
  const signatures = new Map<string, Set<string>>()
  const closed: LogHead[] = []
  const killedIn = new Set<string>()
  let place: Place
  let key: Awaited<ReturnType<LogChain['account']>>

  beforeAll(async () => {
    place = await createPlace()
    key = await chain.account()
  })
  afterAll(() => place.remove())

  /** Kills it after so many lines; where a step is named, as that step begins for the next time. */
  async function workAndKill(lineCount: number, killIn?: string): Promise<void> {
    const args = [childPath, chain.dev.chain.url, place.where, key, chain.receiptAnchor]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    let lines = 0
    let step = ''
    for await (const line of createInterface(child.stdout)) {
      const [what = '', name = '', detail = ''] = line.split(' ')
      expect(what).not.toBe('forked')
      if (what === 'signed') signatures.set(name, (signatures.get(name) ?? new Set()).add(detail))
      if (what === 'begin') step = name
      lines += 1
      const isThere = killIn === undefined || (what === 'begin' && name === killIn)
      if (lines >= lineCount && isThere && !child.killed) {
        killedIn.add(step)
        child.kill('SIGKILL')
      }
    }
    expect(await exited).toEqual([null, 'SIGKILL'])
  }

  async function check(): Promise<void> {
    const store = await place.open()
    const { batches } = await store.length()
    const all = await store.batches({ from: 0, limit: batches })
    expect(all.map(({ head }) => head).slice(0, closed.length)).toEqual(closed)
    closed.splice(0, closed.length, ...all.map(({ head }) => head))
    const digests = []
    for (const { head } of all) digests.push(...((await store.digests(head.batch)) ?? []))
    expect(digests).toEqual(someDigests(digests.length))
    for (const { head, signature } of all) {
      const said = [...(signatures.get(String(head.batch)) ?? [])]
      if (signature !== undefined) expect(said).toEqual([signature])
    }
    await store.close()
  }

  test.each(Array.from({ length: 10 }, (_, round) => [round + 1, 20 + random(160)]))(
    'killed for the %i. time, after %i lines',
    async (round, lineCount) => {
      const killIn = [undefined, 'add', 'sign', 'call'][round]
      await Promise.all(
        Array.from({ length: processes }, (_, index) =>
          workAndKill(lineCount + random(40), index === 0 ? killIn : undefined),
        ),
      )
      await check()
    },
  )

  test('never signed two heads for one number, and the chain has each batch once', async () => {
    for (const said of signatures.values()) expect(said.size).toBe(1)
    const sender = addressOfPrivateKey(key)
    const { receiptAnchor } = chain
    const events = expectOk(
      await readAnchoredBatches(
        chain.dev.chain.rpc,
        { receiptAnchor, sender },
        { from: 0, to: 'latest' },
      ),
    )
    expect(events.length).toBeGreaterThan(5)
    expect(events.map(({ batch, root, head }) => ({ batch, root, head }))).toEqual(
      closed.slice(0, events.length).map(({ batch, root, head }) => ({ batch, root, head })),
    )
    // It was killed in the midst of things.
    expect([...killedIn]).toEqual(expect.arrayContaining(['add', 'sign', 'call']))
    expect(signatures.size).toBeGreaterThan(10)
  })
})
