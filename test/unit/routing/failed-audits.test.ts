import { expect, test } from 'vitest'
import { address, bytes32 } from '../../../src/domain/units.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
import { seededRandom } from '../../../src/routing/seeded-random.ts'
import { contributorOf, routeRequest } from '../../support/routing.ts'

const nowMs = 1_000_000
const modelId = bytes32(`0x${'5'.repeat(64)}`)
const otherModelId = bytes32(`0x${'6'.repeat(64)}`)
const operator = address(`0x${'1'.repeat(40)}`)

const honest = contributorOf({ id: 'honest', offer: { modelId }, price: 9_000_000n })
const signing = {
  ...contributorOf({ id: 'cheap', offer: { modelId }, price: 1n }),
  identity: { operator, signingAddresses: [] },
}
const failed = { contributor: operator, modelId }

const poolOf = (...contributors: ConstructorParameters<typeof ContributorPool>[0]) =>
  new ContributorPool(contributors, { random: seededRandom(3) })

async function whomItAsks(pool: ContributorPool): Promise<readonly string[]> {
  const route = pool.route(routeRequest())
  const asked: string[] = []
  for (let next = await route.next(nowMs); next.ok; next = await route.next(nowMs)) {
    asked.push(next.value.candidate.contributor.contributorId)
    next.value.ended({ kind: 'failed' }, {}, nowMs)
  }
  return asked.toSorted()
}

test('who failed an audit is asked for that model by nobody, not even as the last', async () => {
  const pool = poolOf(honest, signing)
  expect(await whomItAsks(pool)).toEqual(['cheap', 'honest'])
  pool.failAudits([failed])
  expect(await whomItAsks(pool)).toEqual(['honest'])
  const alone = poolOf(signing)
  alone.failAudits([failed])
  expect(await whomItAsks(alone)).toEqual([])
  expect(await alone.route(routeRequest()).next(nowMs)).toEqual({
    ok: false,
    error: { kind: 'nobody' },
  })
})

test('only that model of that contributor is meant', async () => {
  const pool = poolOf(honest, signing)
  pool.failAudits([{ ...failed, modelId: otherModelId }])
  expect(await whomItAsks(pool)).toEqual(['cheap', 'honest'])
  // Whoever cannot sign is nobody's operator.
  const unsigned = poolOf(honest)
  unsigned.failAudits([{ contributor: address(`0x${'0'.repeat(40)}`), modelId }])
  expect(await whomItAsks(unsigned)).toEqual(['honest'])
})

test('it is told, survives a change of the configuration and the operator, and ends with the verdict', async () => {
  const pool = poolOf(honest, signing)
  const stateOfCheap = () =>
    pool.report(nowMs).find(({ contributorId }) => contributorId === 'cheap')?.lanes[0]?.state
  pool.failAudits([failed])
  expect(stateOfCheap()).toBe('failed_audit')
  pool.readmit('cheap')
  pool.replace([signing, honest])
  expect(await whomItAsks(pool)).toEqual(['honest'])
  // As it comes back under the same name, too.
  pool.replace([honest])
  pool.replace([honest, signing])
  expect(await whomItAsks(pool)).toEqual(['honest'])
  pool.failAudits([])
  expect(stateOfCheap()).toBe('healthy')
  expect(await whomItAsks(pool)).toEqual(['cheap', 'honest'])
})
