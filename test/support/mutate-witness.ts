/*
 * Changes each signal of a valid witness and asks whether any constraint breaks. One that can be changed alone is a signal
 * that a prover chooses at will.
 *
 *   const { free } = mutateEachSignal(system, witness, readSignalNames(sym))
 *   expect(free).toEqual([])
 *
 * It does not try values: moving one wire by δ moves a·b − c by δ · (αb + βa − γ + αβδ), where α, β, γ are its coefficients
 * in that constraint. So each constraint lets pass every δ, none, or exactly one, and what all constraints of a wire let
 * pass is known for all the field's values at once. What it cannot see are changes of several signals together, as of c and
 * total in `signal c; c <-- 1; total <== sum * c`, by which 0G's billing proof could be forged: those are found by
 * test/support/determine-witness.ts, and each test of a circuit needs both.
 */
import { assert } from '../../src/base/assert.ts'
import type { Constraint, ConstraintSystem, LinearForm } from './circom-files.ts'
import { inverse, reduce } from './prime-field.ts'

export type FreeSignal = {
  readonly wire: number
  readonly names: readonly string[]
  /** What it can be instead, all others unchanged; `any`: no constraint depends on it. */
  readonly instead: bigint | 'any'
}

export type MutationReport = {
  /** Wires that were changed: all but the constant. */
  readonly mutated: number
  /** Those of which a change is not noticed. */
  readonly free: readonly FreeSignal[]
}

/** Throws InvariantViolation for a witness that satisfies not all constraints: its mutants would say nothing. */
export function mutateEachSignal(
  system: ConstraintSystem,
  witness: readonly bigint[],
  names: ReadonlyMap<number, readonly string[]> = new Map(),
): MutationReport {
  const broken = brokenConstraint(system, witness)
  assert(broken === undefined, `constraint ${broken} breaks before anything was changed`)
  const changes = passingChanges(system, witness)
  const free: FreeSignal[] = []
  for (let wire = 1; wire < system.wireCount; wire++) {
    const change = changes[wire]
    if (change === undefined) continue
    const value = valueAt(witness, wire)
    const instead = change === 'any' ? 'any' : reduce(value + change, system.prime)
    free.push({ wire, names: names.get(wire) ?? [], instead })
  }
  return { mutated: system.wireCount - 1, free }
}

/** The number of the first constraint that a witness breaks. */
export function brokenConstraint(
  { constraints, prime }: ConstraintSystem,
  witness: readonly bigint[],
): number | undefined {
  assert(witness[0] === 1n, 'the first value of a witness is the constant 1')
  const at = constraints.findIndex(
    ({ a, b, c }) =>
      (formValue(a, witness) * formValue(b, witness) - formValue(c, witness)) % prime !== 0n,
  )
  return at === -1 ? undefined : at
}

/** What a change δ ≠ 0 of one wire may be: undefined where none passes. */
type PassingChange = bigint | 'any' | undefined

function passingChanges(system: ConstraintSystem, witness: readonly bigint[]): PassingChange[] {
  const { constraints, prime, wireCount } = system
  const passing: PassingChange[] = Array.from({ length: wireCount }, () => 'any')
  for (const constraint of constraints) {
    const values = {
      a: formValue(constraint.a, witness) % prime,
      b: formValue(constraint.b, witness) % prime,
    }
    for (const [wire, coefficients] of coefficientsByWire(constraint)) {
      const known = passing[wire]
      if (known === undefined) continue
      const change = changeThatPasses(coefficients, values, prime)
      if (change === 'any') continue
      passing[wire] = known === 'any' || known === change ? change : undefined
    }
  }
  return passing
}

type Coefficients = { a: bigint; b: bigint; c: bigint }

function coefficientsByWire({ a, b, c }: Constraint): Map<number, Coefficients> {
  const byWire = new Map<number, Coefficients>()
  const add = (side: keyof Coefficients, { wires, coefficients }: LinearForm): void => {
    wires.forEach((wire, at) => {
      const known = byWire.get(wire) ?? { a: 0n, b: 0n, c: 0n }
      known[side] += coefficients[at] ?? 0n
      byWire.set(wire, known)
    })
  }
  add('a', a)
  add('b', b)
  add('c', c)
  return byWire
}

function changeThatPasses(
  { a: alpha, b: beta, c: gamma }: Coefficients,
  { a, b }: { readonly a: bigint; readonly b: bigint },
  prime: bigint,
): PassingChange {
  const linear = reduce(alpha * b + beta * a - gamma, prime)
  const square = reduce(alpha * beta, prime)
  if (square === 0n) return linear === 0n ? 'any' : undefined
  return linear === 0n ? undefined : reduce(-linear * inverse(square, prime), prime)
}

/** Not reduced: what is done with it is. */
function formValue({ wires, coefficients }: LinearForm, witness: readonly bigint[]): bigint {
  let sum = 0n
  wires.forEach((wire, at) => {
    sum += (coefficients[at] ?? 0n) * valueAt(witness, wire)
  })
  return sum
}

function valueAt(witness: readonly bigint[], wire: number): bigint {
  const value = witness[wire]
  assert(value !== undefined, `the witness has wire ${wire}`)
  return value
}
