/*
 * What choosing a contributor costs: µs of this process from a request to an attempt and to its end, by how many there are
 * to choose from. Median of seven rounds, interleaved.
 *
 *   node bench/route-cost.ts
 */
import type { Contributor } from '../src/domain/contributor.ts'
import { ContributorPool } from '../src/routing/contributor-pool.ts'
import { PrefixAffinity } from '../src/routing/prefix-affinity.ts'
import { seededRandom } from '../src/routing/seeded-random.ts'
import { contributorOf, routeRequest } from '../test/support/routing.ts'
import { median } from './statistics.ts'

const rounds = 7
const runsPerRound = 2_000
const nowMs = 1_000_000_000

type Step = { readonly name: string; readonly run: () => Promise<void> | void }

const body = Buffer.from(`{"model":"m","messages":"${'some words of a prompt '.repeat(360)}"}`)

function routed(count: number, limits: Partial<NonNullable<Contributor['limits']>> = {}): Step {
  const contributors = Array.from({ length: count }, (_, index) =>
    contributorOf({ id: `c${index}`, price: BigInt(1_000 + index * 10), limits }),
  )
  const pool = new ContributorPool(contributors, { random: seededRandom(1) })
  const request = routeRequest({ body })
  const limited = Object.keys(limits).length > 0 ? ', with limits per minute' : ''
  return {
    name: `routed among ${count}${limited}`,
    run: async () => {
      const begun = await pool.route(request).next(nowMs)
      if (!begun.ok) throw new Error('somebody is free')
      begun.value.ended({ kind: 'served' }, { firstTokenMs: 100, usedTokens: 0 }, nowMs)
    },
  }
}

const affinity = new PrefixAffinity(7)
const of = { callerId: 'caller', modelName: 'm', name: undefined }
const keys = affinity.keysOf(body, of)
const steps: readonly Step[] = [
  routed(1),
  routed(2),
  routed(10),
  routed(200),
  routed(10, { requestsPerMinuteMax: 1e9, tokensPerMinuteMax: 1e9 }),
  { name: 'keys of 8 KB of prompt', run: () => void affinity.keysOf(body, of) },
  { name: 'their owner found', run: () => void affinity.find(keys) },
  { name: 'their owner remembered', run: () => affinity.remember(keys, 3) },
]

const taken = steps.map((): number[] => [])
for (let round = -1; round < rounds; round += 1) {
  for (const [index, step] of steps.entries()) {
    const startedAt = process.hrtime.bigint()
    for (let run = 0; run < runsPerRound; run += 1) await step.run()
    const micros = Number(process.hrtime.bigint() - startedAt) / 1_000 / runsPerRound
    if (round >= 0) taken[index]?.push(micros)
  }
}
for (const [index, { name }] of steps.entries()) {
  process.stdout.write(`${name.padEnd(44)} ${median(taken[index] ?? []).toFixed(2)} µs\n`)
}
