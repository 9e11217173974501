/*
 * A process that is killed between any two steps loses nothing that was durable and doubles nothing: Σ receipts = charged,
 * and every hold that was not ended is there to be ended. Round after round on the same ledger.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atomic, zeroBytes32 } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { channelIdOf, openSignedChannel, type ReceiptNote, sealNote } from '../support/channels.ts'
import { seededRandom } from '../support/seeded-random.ts'

const childPath = join(import.meta.dirname, '../support/ledger-crash-child.ts')
const channelId = channelIdOf(0)

let folder: string
let path: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-crash-'))
  path = join(folder, 'ledger.db')
  const store = openSqliteLedger({ path })
  await openSignedChannel(store, channelId, 10n ** 12n)
  await store.close()
})

afterAll(() => rmSync(folder, { recursive: true }))

/** What a killed process had said. */
type Testimony = {
  readonly holds: ReadonlyMap<string, bigint>
  readonly charges: ReadonlyMap<string, bigint>
  /** Requests that it was ending: they may be open or ended. */
  readonly ending: ReadonlySet<string>
}

/** Lets a process work on the ledger and kills it as soon as it has said so many lines. */
async function workAndKill(seed: number, lineCount: number): Promise<Testimony> {
  const child = spawn(process.execPath, [childPath, path, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const holds = new Map<string, bigint>()
  const charges = new Map<string, bigint>()
  const ending = new Set<string>()
  let lines = 0
  // What it still said between the decision and its death counts too.
  for await (const line of createInterface(child.stdout)) {
    const [what, requestId = '', amount = '0'] = line.split(' ')
    if (what === 'hold') holds.set(requestId, BigInt(amount))
    else if (what === 'charge') charges.set(requestId, BigInt(amount))
    else ending.add(requestId)
    lines += 1
    if (lines === lineCount) child.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return { holds, charges, ending }
}

function receiptNotes(): ReceiptNote[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare('SELECT body FROM receipts ORDER BY gateway_seq').all()
  database.close()
  return rows.map(({ body }) => JSON.parse(String(body)) as ReceiptNote)
}

/** The receipts form one chain; answers what each request was charged. */
function readChain(): Map<string, bigint> {
  const costs = new Map<string, bigint>()
  let cumulative = 0n
  let previous: string = zeroBytes32
  for (const [index, note] of receiptNotes().entries()) {
    expect(note).toMatchObject({
      gatewaySeq: index + 1,
      channelSeq: index + 1,
      prevReceipt: previous,
    })
    expect(costs.has(note.requestId)).toBe(false)
    costs.set(note.requestId, BigInt(note.cumulative) - cumulative)
    cumulative = BigInt(note.cumulative)
    previous = sealNote(note.requestId)({} as never).digest
  }
  return costs
}

const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((a, b) => a + b, 0n)

async function checkAgainst({ holds, charges, ending }: Testimony, store: LedgerStore) {
  const costs = readChain()
  const orphans = await store.orphanedHolds()
  const channel = await store.channel(channelId)
  expect(channel?.chargedCumulativeAmount).toBe(sum(costs.values()))
  expect(channel?.receiptSeq).toBe(costs.size)
  expect(channel?.heldAmount).toBe(sum(orphans.map(({ heldAmount }) => heldAmount)))
  for (const [requestId, amount] of charges) expect(costs.get(requestId)).toBe(amount)
  const open = new Map(orphans.map((orphan) => [orphan.requestId, orphan]))
  for (const requestId of open.keys()) expect(costs.has(requestId)).toBe(false)
  for (const [requestId, amount] of holds) {
    if (ending.has(requestId)) continue
    expect(open.get(requestId)?.heldAmount).toBe(amount)
  }
  for (const { requestId, checkpoint, context } of orphans) {
    expect(context).toBe(`context of ${requestId}`)
    expect(checkpoint).toBeOneOf([undefined, `far ${requestId}`])
  }
  return orphans
}

/** What `recoverHolds` does with them: some reached a client, some did not. */
async function endOrphans(
  store: LedgerStore,
  orphans: Awaited<ReturnType<LedgerStore['orphanedHolds']>>,
) {
  for (const { requestId, checkpoint } of orphans) {
    if (checkpoint === undefined) await store.release(requestId)
    else await (await store.charge(requestId, atomic(1n), sealNote(requestId)))?.durable
  }
  expect(await store.orphanedHolds()).toEqual([])
  expect(await store.channel(channelId)).toMatchObject({ heldAmount: 0n })
}

describe('a gateway that is killed', () => {
  const random = seededRandom(20_261_122)
  const seen = { charges: 0, orphans: 0 }

  test.each(Array.from({ length: 6 }, (_, round) => [round + 1, 1 + random(round * 40 + 20)]))(
    'for the %i. time, after %i lines',
    async (seed, lineCount) => {
      const testimony = await workAndKill(seed, lineCount)
      const store = openSqliteLedger({ path })
      const orphans = await checkAgainst(testimony, store)
      seen.charges += testimony.charges.size
      seen.orphans += orphans.length
      await endOrphans(store, orphans)
      await store.close()
      readChain()
    },
  )

  test('was killed in the midst of things', () => {
    expect(seen.charges).toBeGreaterThan(50)
    expect(seen.orphans).toBeGreaterThan(10)
  })
})
