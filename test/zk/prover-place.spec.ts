import { expect, test } from 'vitest'
import {
  defaultProverPlace,
  findProvers,
  type ProverPackage,
  proverVersions,
} from '../../src/prover/prover-place.ts'

test('the provers are installed', () => {
  const found = findProvers(defaultProverPlace, Object.keys(proverVersions) as ProverPackage[])
  expect(found.ok ? '' : found.error.message).toBe('')
})
