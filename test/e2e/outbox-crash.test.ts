/*
 * A process that is killed -9 between any two steps of its transactions, again and again on the same outbox: what it was
 * asked to do and had written down is executed exactly once, by whichever process comes after it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { advanceLane } from '../../src/settlement/outbox-lane.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { laneOf, type OutboxChain, startOutboxChain } from '../support/outbox-chain.ts'
import { seededRandom } from '../support/seeded-random.ts'

const childPath = join(import.meta.dirname, '../support/outbox-crash-child.ts')
const folder = temporaryFolder()
const path = join(folder.path, 'outbox.db')
const asked = new Set<string>()
const mined = new Set<string>()
const left = { open: 0, sent: 0 }

let chain: OutboxChain
let account: Awaited<ReturnType<OutboxChain['account']>>
beforeAll(async () => {
  chain = await startOutboxChain()
  account = await chain.account()
})
afterAll(async () => {
  await chain.stop()
  folder.remove()
})

async function workAndKill(name: string, lineCount: number): Promise<void> {
  const child = spawn(
    process.execPath,
    [childPath, chain.chain.url, path, account.privateKey, name],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exited = once(child, 'exit')
  let lines = 0
  for await (const line of createInterface(child.stdout)) {
    const [what, intentId = ''] = line.split(' ')
    if (what === 'asking') asked.add(intentId)
    if (what === 'mined') mined.add(intentId)
    lines += 1
    if (lines === lineCount) child.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
}

/** Nothing is ever on the chain twice, and all that was said to be mined is there. */
async function checkChain(): Promise<Map<string, number>> {
  const executed = await chain.executions(account.address, 0)
  expect([...executed].filter(([, count]) => count !== 1)).toEqual([])
  for (const intentId of mined) expect(executed.get(intentId)).toBe(1)
  for (const intentId of executed.keys()) expect(asked).toContain(intentId)
  return executed
}

describe('a process that is killed', () => {
  const random = seededRandom(20_261_122)

  test.each(Array.from({ length: 12 }, (_, round) => [round + 1, 1 + random(400)]))(
    'for the %i. time, after %i lines',
    async (round, lineCount) => {
      await workAndKill(`round-${round}`, lineCount)
      await checkChain()
      const store = openSqliteOutbox(path)
      const open = await store.open({ chainId: 31337, sender: account.address })
      left.open += open.length
      left.sent += open.filter(({ state }) => state === 'sent').length
      await store.close()
    },
  )

  test('left nothing undone that was written down, once one of them lives', async () => {
    const store = openSqliteOutbox(path)
    const lane = laneOf(account, { rpc: chain.rpc, store })
    await expect
      .poll(async () => {
        expect(await advanceLane(lane)).toBeUndefined()
        return (await store.open(lane)).length
      })
      .toBe(0)
    const entries = await store.recent(10_000)
    await store.close()
    const executed = await checkChain()
    expect([...executed.keys()].sort()).toEqual(entries.map(({ intentId }) => intentId).sort())
    // It was killed in the midst of things.
    expect(mined.size).toBeGreaterThan(20)
    expect(left.open).toBeGreaterThan(5)
    expect(left.sent).toBeGreaterThan(0)
    expect(executed.size).toBeGreaterThan(mined.size)
  })
})
