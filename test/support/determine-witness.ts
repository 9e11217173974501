/*
 * Changes of many signals at once, each consistent with the others. Two questions to a circuit at a valid witness:
 *
 *   determineSignals   Do the inputs determine every other signal? Whatever they do not is the prover's to choose.
 *   mutateEachInput    Is each private input bound by what is public? It is changed, all that depends on it is computed anew,
 *                      the other inputs and what is public stay as they are: some constraint must break.
 *
 * An answer "determined" or "broken" is a proof for this witness and holds for all values of the field; what the rules of
 * solve-constraints.ts cannot decide is listed as open, never as good.
 */
import { assert } from '../../src/base/assert.ts'
import type { ConstraintSystem } from './circom-files.ts'
import { brokenConstraint } from './mutate-witness.ts'
import { reduce } from './prime-field.ts'
import { solveConstraints } from './solve-constraints.ts'

export type OpenSignal = {
  readonly wire: number
  readonly names: readonly string[]
  /** Another witness, with another value of this signal, that satisfies every constraint. Undefined where none was found. */
  readonly forged: readonly bigint[] | undefined
}

export type Determination = {
  readonly determined: number
  readonly open: readonly OpenSignal[]
}

type Names = ReadonlyMap<number, readonly string[]>

/** Which signals have one value only, the inputs being as in `witness`. */
export function determineSignals(
  system: ConstraintSystem,
  witness: readonly bigint[],
  names: Names = new Map(),
): Determination {
  assertValid(system, witness)
  const inputs = inputsOf(system).map((wire) => [wire, valueAt(witness, wire)] as const)
  const { contradiction, values } = solveConstraints(system, inputs)
  assert(contradiction === undefined, 'what a witness satisfies is no contradiction')
  const open: OpenSignal[] = []
  values.forEach((value, wire) => {
    assert(value === undefined || value === witness[wire], `wire ${wire} was solved rightly`)
    if (value !== undefined) return
    const forged = forge(system, { witness, values, wire })
    open.push({ wire, names: names.get(wire) ?? [], forged })
  })
  return { determined: system.wireCount - open.length, open }
}

export type InputMutants = {
  /** Changes that were tried: several for each private input. */
  readonly mutants: number
  /** Inputs of which a change breaks no constraint, with a witness of it where one was found. */
  readonly open: readonly OpenSignal[]
}

/** `inputs`: the wires to be changed, all private inputs unless they are named. */
export function mutateEachInput(
  system: ConstraintSystem,
  witness: readonly bigint[],
  options: { readonly names?: Names; readonly inputs?: readonly number[] } = {},
): InputMutants {
  assertValid(system, witness)
  const bound = inputsOf(system, 'outputs, too')
  const { names = new Map(), inputs = privateInputsOf(system) } = options
  const open: OpenSignal[] = []
  let mutants = 0
  for (const wire of inputs) {
    for (const value of changesOf(valueAt(witness, wire), system.prime)) {
      mutants++
      const given = bound.map((one) => [one, one === wire ? value : valueAt(witness, one)] as const)
      const { contradiction, values } = solveConstraints(system, given)
      if (contradiction !== undefined) continue
      const forged = completed(system, values, witness)
      open.push({ wire, names: names.get(wire) ?? [], forged })
    }
  }
  return { mutants, open }
}

/** The neighbour, the negative, and a value of full width. */
function changesOf(value: bigint, prime: bigint): readonly bigint[] {
  const changes = [value + 1n, -value, value * 3n + (prime >> 1n)].map((one) => reduce(one, prime))
  return [...new Set(changes)].filter((one) => one !== value)
}

const firstInput = 1

function inputsOf(system: ConstraintSystem, outputs?: 'outputs, too'): readonly number[] {
  const { publicOutputCount, publicInputCount, privateInputCount } = system
  const first = outputs === undefined ? firstInput + publicOutputCount : firstInput
  const end = firstInput + publicOutputCount + publicInputCount + privateInputCount
  return Array.from({ length: end - first }, (_, at) => first + at)
}

function privateInputsOf(system: ConstraintSystem): readonly number[] {
  return inputsOf(system).slice(system.publicInputCount)
}

/** A witness with another value of one open wire; what follows is computed, what is left stays as it was. */
function forge(
  system: ConstraintSystem,
  found: {
    readonly witness: readonly bigint[]
    readonly values: readonly (bigint | undefined)[]
    readonly wire: number
  },
): readonly bigint[] | undefined {
  const { witness, values, wire } = found
  const known = values.flatMap((value, at) => (value === undefined ? [] : [[at, value] as const]))
  for (const value of changesOf(valueAt(witness, wire), system.prime)) {
    const given = [...known.slice(1), [wire, value] as const]
    const solved = solveConstraints(system, given)
    if (solved.contradiction !== undefined) continue
    const forged = completed(system, solved.values, witness)
    if (forged !== undefined) return forged
  }
  return undefined
}

function completed(
  system: ConstraintSystem,
  values: readonly (bigint | undefined)[],
  witness: readonly bigint[],
): readonly bigint[] | undefined {
  const whole = values.map((value, wire) => value ?? valueAt(witness, wire))
  return brokenConstraint(system, whole) === undefined ? whole : undefined
}

function assertValid(system: ConstraintSystem, witness: readonly bigint[]): void {
  const broken = brokenConstraint(system, witness)
  assert(broken === undefined, `constraint ${broken} breaks before anything was changed`)
}

function valueAt(witness: readonly bigint[], wire: number): bigint {
  const value = witness[wire]
  assert(value !== undefined, `the witness has wire ${wire}`)
  return value
}
