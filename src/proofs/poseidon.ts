/*
 * Poseidon over BN254's scalar field with the parameters of circom's library (eprint 2019/458; x^5, 8 full rounds, partial rounds
 * by width): one hash for 1 to 16 field elements. Constants come from the specification's generator, some 20 ms at the first
 * hash of a width; test/unit/proofs/poseidon.test.ts holds them to vectors that others published.
 */
import {
  grainGenConstants,
  poseidon as poseidonPermutation,
} from '@noble/curves/abstract/poseidon.js'
import { bn254 } from '@noble/curves/bn254.js'
import { assert } from '../base/assert.ts'
import { scalarModulus } from './field.ts'

/** By the number of inputs, from one on. */
const partialRounds = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68] as const

type Permutation = (state: bigint[]) => bigint[]
const permutations = new Map<number, Permutation>()

/** Of 1 to 16 field elements. Takes 0.3 to 2 ms. */
export function poseidon(inputs: readonly bigint[]): bigint {
  assert(
    inputs.every((input) => input >= 0n && input < scalarModulus),
    'Poseidon hashes field elements',
  )
  const [hash] = permutationOf(inputs.length)([0n, ...inputs])
  assert(hash !== undefined, 'a permutation keeps its width')
  return hash
}

function permutationOf(inputs: number): Permutation {
  const known = permutations.get(inputs)
  if (known !== undefined) return known
  const roundsPartial = partialRounds[inputs - 1]
  assert(roundsPartial !== undefined, 'Poseidon takes 1 to 16 inputs')
  const width = {
    Fp: bn254.fields.Fr,
    t: inputs + 1,
    roundsFull: 8,
    roundsPartial,
    sboxPower: 5,
  } as const
  const permutation = poseidonPermutation({ ...width, ...grainGenConstants(width) })
  permutations.set(inputs, permutation)
  return permutation
}
