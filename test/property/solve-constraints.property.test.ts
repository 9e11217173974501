/*
 * The judge of witnesses (test/support/solve-constraints.ts) against every assignment there is: over a small prime all can be
 * tried. What it calls determined must be so, and what it calls a contradiction must have no witness.
 */
import { expect, test } from 'vitest'
import type { ConstraintSystem, LinearForm } from '../support/circom-files.ts'
import { brokenConstraint, mutateEachSignal } from '../support/mutate-witness.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { solveConstraints } from '../support/solve-constraints.ts'

const prime = 7n
/** The constant, one input, and four others. */
const wireCount = 6

type Random = (below: number) => number

function someForm(random: Random): LinearForm {
  const wires = Array.from({ length: wireCount }, (_, wire) => wire).filter(() => random(3) === 0)
  return { wires, coefficients: wires.map(() => BigInt(1 + random(6))) }
}

const bitOf = (wire: number) => ({
  a: { wires: [wire], coefficients: [1n] },
  b: { wires: [0, wire], coefficients: [6n, 1n] },
  c: { wires: [], coefficients: [] },
})

/** Bits and spellings of them, as circuits have them, among forms that are anything. */
function someSystem(random: Random): ConstraintSystem {
  const bits = [2, 3, 4, 5].filter(() => random(2) === 0).map(bitOf)
  const others = Array.from({ length: 1 + random(4) }, () => ({
    a: someForm(random),
    b: random(2) === 0 ? { wires: [0], coefficients: [1n] } : someForm(random),
    c: someForm(random),
  }))
  const counts = { publicOutputCount: 0, publicInputCount: 0, privateInputCount: 1 }
  return { prime, wireCount, ...counts, constraints: [...bits, ...others] }
}

function* assignments(input: bigint): Generator<readonly bigint[]> {
  const all = Number(prime) ** 4
  for (let code = 0; code < all; code++) {
    const digits = [0, 1, 2, 3].map(
      (place) => BigInt(Math.floor(code / Number(prime) ** place)) % prime,
    )
    yield [1n, input, ...digits]
  }
}

type Seen = Record<'contradictions' | 'determined' | 'open' | 'free' | 'bound', number>

function lookAt(system: ConstraintSystem, input: bigint, seen: Seen): void {
  const witnesses = [...assignments(input)].filter(
    (one) => brokenConstraint(system, one) === undefined,
  )
  const { contradiction, values } = solveConstraints(system, [[1, input]])
  if (contradiction !== undefined) {
    expect(witnesses).toEqual([])
    seen.contradictions++
    return
  }
  values.slice(2).forEach((value, at) => {
    const isSo = value === undefined || witnesses.every((one) => one[at + 2] === value)
    expect(isSo).toBe(true)
    seen[value === undefined ? 'open' : 'determined']++
  })
  const [witness] = witnesses
  if (witness === undefined) return
  const free = new Set(mutateEachSignal(system, witness).free.map(({ wire }) => wire))
  for (let wire = 2; wire < wireCount; wire++) {
    const others = witnesses.filter((one) => one.every((v, at) => at === wire || v === witness[at]))
    expect(free.has(wire)).toBe(others.length > 1)
    seen[free.has(wire) ? 'free' : 'bound']++
  }
}

test('what is said to be determined, free or contradictory is so in every witness', () => {
  const random = seededRandom(44)
  const seen: Seen = { contradictions: 0, determined: 0, open: 0, free: 0, bound: 0 }
  for (let round = 0; round < 100; round++) {
    lookAt(someSystem(random), BigInt(random(7)), seen)
  }
  // Of this seed; none of them is so rare that the test would say nothing.
  expect(seen).toEqual({ contradictions: 39, determined: 41, open: 203, free: 53, bound: 175 })
})

test('where two values are left, the search ends and says nothing', () => {
  // w2 and w3 are bits, and (w2 + w3 − 1)(w2 + w3 − 1) = 0 has them both ways.
  const sum = { wires: [0, 2, 3], coefficients: [6n, 1n, 1n] }
  const none = { wires: [], coefficients: [] }
  const constraints = [bitOf(2), bitOf(3), { a: sum, b: sum, c: none }]
  const counts = { publicOutputCount: 0, publicInputCount: 0, privateInputCount: 1 }
  const system = { prime, wireCount: 4, ...counts, constraints }
  const { contradiction, values } = solveConstraints(system, [[1, 5n]])
  expect({ contradiction, values }).toEqual({
    contradiction: undefined,
    values: [1n, 5n, undefined, undefined],
  })
})
