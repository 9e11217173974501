import { expect, test } from 'vitest'
import { createContributorSources } from '../../../src/cli/contributor-sources.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
import { contributorOf } from '../../support/routing.ts'

const fromFile = contributorOf({ id: 'both', region: 'file' })
const fromStore = contributorOf({ id: 'both', region: 'store' })
const lent = contributorOf({ id: 'lent' })

const place = () => {
  const pool = new ContributorPool([fromFile])
  const sources = createContributorSources(pool, [fromFile])
  const regions = () =>
    pool.contributors.map(({ contributorId, region }) => `${contributorId} ${region ?? 'nowhere'}`)
  return { sources, regions }
}

test('the file hides what the store says of the same id, and comes first', () => {
  const { sources, regions } = place()
  sources.setStoredContributors([lent, fromStore])
  expect(regions()).toEqual(['both file', 'lent nowhere'])
  sources.setFileContributors([])
  expect(regions()).toEqual(['lent nowhere', 'both store'])
  sources.setFileContributors([fromFile])
  sources.setStoredContributors([])
  expect(regions()).toEqual(['both file'])
})

test('who is drained gets nothing, wherever it comes from, until it is no more', () => {
  const { sources, regions } = place()
  sources.setStoredContributors([lent, fromStore])
  sources.setDrained(new Set(['both', 'nobody']))
  expect(regions()).toEqual(['lent nowhere'])
  sources.setFileContributors([fromFile])
  expect(regions()).toEqual(['lent nowhere'])
  sources.setDrained(new Set())
  expect(regions()).toEqual(['both file', 'lent nowhere'])
})

test('the pool is told once for each change', () => {
  const told: (readonly string[])[] = []
  const pool = {
    replace: (all: readonly { readonly contributorId: string }[]) =>
      void told.push(all.map(({ contributorId }) => contributorId)),
  }
  const sources = createContributorSources(pool, [fromFile])
  expect(told).toEqual([])
  sources.setStoredContributors([lent])
  expect(told).toEqual([['both', 'lent']])
})
