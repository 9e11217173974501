import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProverCost } from '../../src/prover/job-bounds.ts'
import { buildCircuit, prove } from '../../src/prover/prover.ts'
import type { ProverPlace } from '../../src/prover/prover-place.ts'
import { built, temporaryZkPlace, tinyCircom, type ZkPlace } from '../support/tiny-circuits.ts'

let zk: ZkPlace
let place: ProverPlace
beforeAll(() => {
  zk = temporaryZkPlace()
  place = zk.place
})
afterAll(() => zk.remove())

/** Empty for a process that is gone. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
const childrenOf = (id: number): readonly number[] =>
  textOf(`/proc/${id}/task/${id}/children`).split(' ').filter(Boolean).map(Number)
const descendantsOf = (id: number): readonly number[] =>
  childrenOf(id).flatMap((child) => [child, ...descendantsOf(child)])
/** What nobody waits for stays in the table as a zombie where a container's first process reaps none. */
const isAlive = (id: number): boolean =>
  existsSync(`/proc/${id}`) && !/^State:\s+Z/m.test(textOf(`/proc/${id}/status`))
const workFolders = (asking: number = process.pid): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`vouch-prove-${asking}-`))
const unfinished = (): readonly string[] =>
  readdirSync(place.zkHome).filter((name) => name.startsWith('unfinished-'))

/** A circuit that was never built, so that its compiler runs. */
const fresh = (name: string) => ({ ...tinyCircom, name })

describe('a job', () => {
  test('that is cancelled is gone with all its processes before it answers', async () => {
    const cancelling = new AbortController()
    let seen: readonly number[] = []
    const result = await buildCircuit(fresh('cancelled'), {
      place,
      signal: cancelling.signal,
      onProgress: ({ stage }) => {
        if (stage !== 'compiling') return
        seen = descendantsOf(process.pid)
        cancelling.abort()
      },
    })
    expect(result).toEqual({ ok: false, error: { reason: 'cancelled', message: 'cancelled' } })
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.filter(isAlive)).toEqual([])
    expect(workFolders()).toEqual([])
    expect(readdirSync(place.zkHome)).toEqual([])
  })

  test('that was cancelled before it began starts nothing', async () => {
    const stages: string[] = []
    const result = await buildCircuit(fresh('never'), {
      place,
      signal: AbortSignal.abort(),
      onProgress: ({ stage }) => stages.push(stage),
    })
    expect(result).toMatchObject({ error: { reason: 'cancelled' } })
    expect(stages).toEqual([])
  })

  test('that takes too long ends', async () => {
    const result = await buildCircuit(fresh('slow'), { place, timeoutMs: 1 })
    expect(result).toMatchObject({ error: { reason: 'timed_out' } })
    expect(workFolders()).toEqual([])
  })

  test('that takes too much memory ends, and says how much it was', async () => {
    const memoryBytesMax = 1024 * 1024
    const result = await buildCircuit(fresh('large'), { place, memoryBytesMax })
    expect(result).toMatchObject({
      error: { reason: 'memory_exceeded', message: expect.stringContaining(`${memoryBytesMax}`) },
    })
    expect(workFolders()).toEqual([])
  })

  test('whose process dies is a failure and nothing else, and the next one is none', async () => {
    const result = await buildCircuit(fresh('killed'), {
      place,
      onProgress: ({ stage }) => {
        if (stage !== 'compiling') return
        const [job = 0] = childrenOf(process.pid)
        process.kill(job, 'SIGKILL')
      },
    })
    expect(result).toMatchObject({
      error: { reason: 'crashed', message: expect.stringContaining('SIGKILL') },
    })
    expect(workFolders()).toEqual([])
    await built(fresh('killed'), place)
  })

  test('tells what it cost, and keeps the time of whoever asked free', async () => {
    const artefacts = await built(fresh('costed'), place)
    let cost: ProverCost | undefined
    const before = process.cpuUsage()
    await prove({ artefacts, inputs: { x: '3', y: 4 } }, { place, onCost: (told) => (cost = told) })
    const { user, system } = process.cpuUsage(before)
    expect(cost?.cpuMs).toBeGreaterThan(0)
    expect(cost?.peakMemoryBytes).toBeGreaterThan(1024 * 1024)
    // All that proves is in the other process: what is left here is to start it, and to look at it ten times a second.
    expect((user + system) / 1000).toBeLessThan(cost?.cpuMs ?? 0)
  })

  test('dies with whoever asked for it, however that died', async () => {
    const script = join(import.meta.dirname, '../support/orphan-prover.ts')
    const asking = spawn(process.execPath, [script, place.zkHome], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: asking.stdout })
    const [stage] = await once(lines, 'line')
    expect(stage).toBe('compiling')
    const { pid = 0 } = asking
    const family = descendantsOf(pid)
    expect(family.length).toBeGreaterThan(0)
    expect(workFolders(pid).length).toBe(1)
    asking.kill('SIGKILL')
    await expect.poll(() => family.filter(isAlive), { timeout: 60_000 }).toEqual([])
    expect(workFolders(pid)).toEqual([])
    expect(unfinished()).toEqual([])
  })
})

test('provers that are not installed are named, with the command that installs them', async () => {
  const elsewhere = { ...place, proversFolder: place.zkHome }
  const result = await buildCircuit(fresh('absent'), { place: elsewhere })
  expect(result).toMatchObject({
    error: { reason: 'provers_missing', message: expect.stringContaining('npm run zk:install') },
  })
})
