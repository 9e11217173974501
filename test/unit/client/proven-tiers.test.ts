import { expect, test } from 'vitest'
import { type CheckName, fails, holds, unknown } from '../../../src/client/check-line.ts'
import { provenTiers } from '../../../src/client/proven-tiers.ts'
import { receipt, work } from '../../support/signed-receipt.ts'

const claiming = (tiers: number) => ({ ...receipt, work, tiers })
const held = (...checks: readonly CheckName[]) => checks.map((check) => holds(check, ''))
const gateway = held('gateway-signature', 'gateway-key')
const contributor = held('contributor-signature', 'contributor-key')

test('a signature counts with its key, and neither alone', () => {
  expect(provenTiers(claiming(3), [...gateway, ...contributor])).toBe(3)
  expect(provenTiers(claiming(3), held('gateway-signature', 'contributor-key'))).toBe(0)
  const unknownKey = [...gateway, ...held('contributor-signature'), unknown('contributor-key', '')]
  expect(provenTiers(claiming(3), unknownKey)).toBe(1)
})

test('what stands behind a tier makes none that is not claimed', () => {
  const lines = [...gateway, ...held('token-commitment', 'tee-key')]
  expect(provenTiers(claiming(1), lines)).toBe(1)
  expect(provenTiers(claiming(1 | 4 | 16), lines)).toBe(1 | 4 | 16)
})

test('a claim alone is none, and one that nobody can look at neither', () => {
  expect(provenTiers(claiming(255), [])).toBe(0)
  const lines = [unknown('evidence', ''), fails('tee-key', ''), ...held('evidence')]
  expect(provenTiers(claiming(8 | 16 | 32 | 64), lines)).toBe(0)
})

test('a countersignature needs no claim', () => {
  expect(provenTiers(claiming(1), [...gateway, ...held('countersignature')])).toBe(1 | 128)
})
