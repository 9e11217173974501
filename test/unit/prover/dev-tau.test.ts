import { describe, expect, test } from 'vitest'
import { scalarModulus } from '../../../src/proofs/field.ts'
import { setupPointOf } from '../../../src/proofs/setup-point.ts'
import { devTau, inverse, lagrangeAtTau, tauPowers } from '../../../src/prover/tau/dev-tau.ts'
import { isDevG2File, isDevSrsEnd } from '../../../src/prover/tau/known-tau.ts'

const sum = (values: readonly bigint[]): bigint =>
  values.reduce((total, value) => (total + value) % scalarModulus, 0n)

describe('the τ that everybody knows', () => {
  test('has powers from any place on', () => {
    const powers = tauPowers({ count: 5 })
    expect(powers[0]).toBe(1n)
    expect(powers[1]).toBe(devTau)
    expect(tauPowers({ first: 3, count: 2 })).toEqual(powers.slice(3))
    expect(tauPowers({ count: 2, factor: 7n })).toEqual([7n, (7n * devTau) % scalarModulus])
  })

  test.each([5n, 7n] as const)(
    'has Lagrange values that interpolate, of the generator %i',
    (generator) => {
      for (const k of [0, 1, 4]) {
        const basis = lagrangeAtTau({ k, generator })
        expect(basis.length).toBe(2 ** k)
        // They are a basis of polynomials of lower degree: of 1, and of X where it has that degree.
        expect(sum(basis)).toBe(1n)
      }
      const basis = lagrangeAtTau({ k: 4, generator })
      // ω from the definition Lᵢ(τ) = ωⁱ (τⁿ − 1) / (n (τ − ωⁱ)): L₁ / L₀ = ω (τ − 1) / (τ − ω).
      const ratio = ((basis[1] ?? 0n) * inverse(basis[0] ?? 0n)) % scalarModulus
      const root = (ratio * devTau * inverse((devTau - 1n + ratio) % scalarModulus)) % scalarModulus
      let next = 1n
      const points = basis.map(() => {
        const current = next
        next = (next * root) % scalarModulus
        return current
      })
      expect(next).toBe(1n)
      expect(sum(basis.map((value, at) => (value * (points[at] ?? 0n)) % scalarModulus))).toBe(
        devTau,
      )
    },
  )

  test('is known in a file by its point, in both forms', () => {
    const { x, y } = setupPointOf('dev-insecure').toAffine()
    const words = [x.c0, x.c1, y.c0, y.c1]
    const digits = (value: bigint) => value.toString(16).padStart(64, '0')
    const crs = Buffer.from(words.map(digits).join(''), 'hex')
    expect(isDevG2File(crs)).toBe(true)
    const modulus = 21888242871839275222246405745257275088696311157297823662689037894645226208583n
    const srs = Buffer.concat([
      Buffer.alloc(100, 9),
      ...words.map((word) => Buffer.from(digits((word << 256n) % modulus), 'hex').reverse()),
    ])
    expect(isDevSrsEnd(srs)).toBe(true)
    for (const file of [crs, srs]) file[file.length - 1] = (file[file.length - 1] ?? 0) ^ 1
    expect(isDevG2File(crs)).toBe(false)
    expect(isDevSrsEnd(srs)).toBe(false)
  })
})
