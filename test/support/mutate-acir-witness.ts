/*
 * Changes each witness of a Noir circuit alone and asks whether any constraint breaks, as mutate-witness.ts does for circom. It
 * does not try values: moving one witness by δ moves an expression by δ · (A + B · δ), so that each lets pass every δ, none, or
 * exactly one; a range lets pass those that stay within it. keccak's permutation is one to one, as is XOR in each operand, and a
 * signature's verification has its answer asserted: they let nothing pass.
 *
 * Hints of the compiler and of `unsafe` blocks are witnesses like any other here: one that nothing binds is what a prover chooses.
 */
import { assert } from '../../src/base/assert.ts'
import { scalarModulus } from '../../src/proofs/field.ts'
import type { AcirExpression, AcirProgram } from './acir-program.ts'
import type { AcirWitness } from './noir-circuit.ts'
import { inverse, reduce } from './prime-field.ts'

export type AcirMutations = {
  readonly mutated: number
  /** Witnesses of which a change is not noticed, by the hint that computes them; `''`: none does. */
  readonly free: readonly { readonly witness: number; readonly hint: string }[]
}

/** What the constraints on one witness let pass so far: every change but zero, those of a list, and always within the range. */
type Passing = { changes: 'any' | readonly bigint[]; bits: number }

export function mutateEachWitness(program: AcirProgram, witness: AcirWitness): AcirMutations {
  const passing = new Map<number, Passing>(
    [...witness.keys()].map((index) => [index, { changes: 'any', bits: 254 }]),
  )
  const hints = new Map<number, string>()
  for (const opcode of program.opcodes) {
    switch (opcode.kind) {
      case 'zero':
        for (const [index, passes] of passingExpression(opcode.expression, witness)) {
          narrow(passing, index, passes)
        }
        break
      case 'range': {
        assert(valueAt(witness, opcode.witness) >> BigInt(opcode.bits) === 0n, 'a range holds')
        const known = passing.get(opcode.witness)
        if (known !== undefined) known.bits = Math.min(known.bits, opcode.bits)
        break
      }
      case 'function':
        for (const index of opcode.witnesses) narrow(passing, index, [])
        break
      case 'hint':
        for (const output of opcode.outputs) hints.set(output, opcode.name)
        break
    }
  }
  const free = [...passing].flatMap(([index, { changes, bits }]) => {
    const value = valueAt(witness, index)
    const isFree =
      changes === 'any' ||
      changes.some((change) => reduce(value + change, scalarModulus) >> BigInt(bits) === 0n)
    return isFree ? [{ witness: index, hint: hints.get(index) ?? '' }] : []
  })
  return { mutated: passing.size, free }
}

function narrow(
  passing: Map<number, Passing>,
  index: number,
  passes: 'any' | readonly bigint[],
): void {
  const known = passing.get(index)
  if (known === undefined || passes === 'any') return
  const { changes } = known
  known.changes = changes === 'any' ? passes : changes.filter((change) => passes.includes(change))
}

/** For each witness of an expression that is zero: by what it may move alone, and the expression still be zero. */
function passingExpression(
  { products, terms, constant }: AcirExpression,
  witness: AcirWitness,
): ReadonlyMap<number, 'any' | readonly bigint[]> {
  const linear = new Map<number, bigint>()
  const square = new Map<number, bigint>()
  const add = (to: Map<number, bigint>, index: number, value: bigint): void => {
    to.set(index, reduce((to.get(index) ?? 0n) + value, scalarModulus))
  }
  let sum = constant
  for (const [factor, index] of terms) {
    sum += factor * valueAt(witness, index)
    add(linear, index, factor)
  }
  for (const [factor, a, b] of products) {
    const [x, y] = [valueAt(witness, a), valueAt(witness, b)]
    sum += factor * x * y
    add(linear, a, factor * y)
    add(linear, b, factor * x)
    if (a === b) add(square, a, factor)
  }
  assert(reduce(sum, scalarModulus) === 0n, 'a witness satisfies the circuit before it is changed')
  return new Map([...linear].map(([index, a]) => [index, rootsOf(a, square.get(index) ?? 0n)]))
}

/** δ other than zero with δ · (a + b · δ) = 0. */
function rootsOf(a: bigint, b: bigint): 'any' | readonly bigint[] {
  if (b === 0n) return a === 0n ? 'any' : []
  const root = reduce(-a * inverse(b, scalarModulus), scalarModulus)
  return root === 0n ? [] : [root]
}

function valueAt(witness: AcirWitness, index: number): bigint {
  const value = witness.get(index)
  assert(value !== undefined, `witness ${index} was solved`)
  return value
}
