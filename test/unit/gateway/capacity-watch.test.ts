import { expect, test } from 'vitest'
import {
  capacityAskIntervalMs,
  capacityAskRareMs,
  capacityAsksAtOnceMax,
  capacityReportKeptMs,
} from '../../../src/base/limits.ts'
import { err, ok, type Result } from '../../../src/base/result.ts'
import type { CapacityReport } from '../../../src/domain/capacity-report.ts'
import type { Contributor } from '../../../src/domain/contributor.ts'
import { CapacityWatch } from '../../../src/gateway/capacity-watch.ts'
import type { CapacityFailure } from '../../../src/upstream/ask-capacity.ts'
import { capacityReport } from '../../support/capacity.ts'
import { contributorOf } from '../../support/routing.ts'

type Answer = Result<CapacityReport, CapacityFailure>

/** A watch whose clock is moved by hand, and contributors that answer as `says` has it. */
function watched(contributors: readonly Contributor[], says: (id: string) => Answer | undefined) {
  let nowMs = 0
  const due = new Set<{ readonly atMs: number; readonly run: () => void }>()
  const asked: { readonly id: string; readonly atMs: number }[] = []
  const heard: { readonly id: string; readonly report: CapacityReport | undefined }[] = []
  const hanging: ((answer: Answer) => void)[] = []
  const pool = {
    contributors,
    heard: (id: string, report: CapacityReport | undefined) => heard.push({ id, report }),
  }
  const watch = new CapacityWatch({
    pool,
    ask: ({ contributorId: id }) => {
      asked.push({ id, atMs: nowMs })
      const answer = says(id)
      if (answer !== undefined) return Promise.resolve(answer)
      const { promise, resolve } = Promise.withResolvers<Answer>()
      hanging.push(resolve)
      return promise
    },
    schedule: (delayMs, run) => {
      const timer = { atMs: nowMs + delayMs, run }
      due.add(timer)
      return () => due.delete(timer)
    },
    random: () => 0.5,
    nowMs: () => nowMs,
  })
  const settled = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  const pass = async (ms: number) => {
    const endMs = nowMs + ms
    for (;;) {
      const [next] = [...due].sort((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs > endMs) break
      nowMs = next.atMs
      due.delete(next)
      next.run()
      await settled()
    }
    nowMs = endMs
  }
  watch.start()
  return { watch, pass, asked, heard, hanging, pool, settled, due }
}

const signer = (id: string) => contributorOf({ id, signs: true })
const well = ok(capacityReport())

test('who signs is asked every five seconds, and nobody else', async () => {
  const { pass, asked, heard } = watched([signer('a'), contributorOf({ id: 'b' })], () => well)
  await pass(2 * capacityAskIntervalMs + 1_000)
  expect(asked.map(({ id }) => id)).toEqual(['a', 'a', 'a'])
  expect(heard).toEqual(asked.map(({ id }) => ({ id, report: capacityReport() })))
})

test('one question at a time: who hangs is not asked again', async () => {
  const { pass, asked, hanging } = watched([signer('a')], () => undefined)
  await pass(10 * capacityAskIntervalMs)
  expect(asked).toHaveLength(1)
  hanging[0]?.(err('no_answer'))
  await pass(2 * capacityAskIntervalMs)
  expect(asked).toHaveLength(2)
})

test('who does not know the question is asked rarely, and what it said before is forgotten', async () => {
  let answer: Answer = well
  const { pass, asked, heard } = watched([signer('a')], () => answer)
  await pass(1_000)
  answer = err('not_offered')
  await pass(capacityAskIntervalMs)
  expect(heard.at(-1)).toEqual({ id: 'a', report: undefined })
  const before = asked.length
  await pass(capacityAskRareMs - capacityAskIntervalMs)
  expect(asked).toHaveLength(before)
  answer = well
  await pass(2 * capacityAskIntervalMs)
  expect(heard.at(-1)).toEqual({ id: 'a', report: capacityReport() })
})

test('what is not said again is believed for half a minute', async () => {
  let answer: Answer = well
  const { pass, heard } = watched([signer('a')], () => answer)
  await pass(1_000)
  answer = err('unreadable')
  await pass(capacityReportKeptMs - capacityAskIntervalMs)
  expect(heard).toHaveLength(1)
  await pass(2 * capacityAskIntervalMs)
  expect(heard.slice(1)).toEqual([{ id: 'a', report: undefined }])
})

test('who does not answer is asked ever less often, at least once a minute', async () => {
  const { pass, asked } = watched([signer('a')], () => err('no_answer'))
  await pass(600_000)
  const pauses = asked.slice(1).map(({ atMs }, place) => atMs - (asked[place]?.atMs ?? 0))
  expect(pauses.slice(0, 5)).toEqual([5_000, 10_000, 20_000, 40_000, 60_000])
  expect(Math.max(...pauses)).toBe(60_000)
})

test('who dials in is asked at once', async () => {
  const { watch, pass, asked, hanging, settled } = watched([signer('a')], () => undefined)
  await pass(1_000)
  // While it is being asked, the answer may be of the moment before.
  watch.askNow('a')
  watch.askNow('nobody')
  await pass(1_000)
  expect(asked).toHaveLength(1)
  hanging[0]?.(err('no_answer'))
  await settled()
  await pass(0)
  expect(asked).toHaveLength(2)
})

test('who leaves is asked no more, and its last answer is nobody’s', async () => {
  const { pass, asked, heard, hanging, pool } = watched([signer('a')], () => undefined)
  await pass(1_000)
  pool.contributors = []
  await pass(2_000)
  hanging[0]?.(well)
  await pass(60_000)
  expect(asked).toHaveLength(1)
  expect(heard).toEqual([])
})

test('no more are asked at once than the bound, and the others soon after', async () => {
  const all = Array.from({ length: capacityAsksAtOnceMax + 3 }, (_, i) => signer(`c${i}`))
  const { pass, asked, hanging } = watched(all, () => undefined)
  await pass(5_000)
  expect(asked).toHaveLength(capacityAsksAtOnceMax)
  for (const answer of hanging.splice(0)) answer(well)
  await pass(2_000)
  expect(new Set(asked.map(({ id }) => id)).size).toBe(all.length)
})

test('nothing is asked after the end', async () => {
  const { watch, pass, asked, due } = watched([signer('a')], () => well)
  await pass(1_000)
  watch.stop()
  expect(due.size).toBe(0)
  await pass(60_000)
  expect(asked).toHaveLength(1)
})
