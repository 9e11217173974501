import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromHex, type Hex } from '../../../src/base/hex.ts'
import type { Bytes32 } from '../../../src/domain/units.ts'
import { readGroth16Key, verifyGroth16 } from '../../../src/proofs/verify-groth16.ts'

/* The same file that contracts/test/proofs/Groth16Verifier.t.sol judges: one verdict on and off the chain. */
type Vector = {
  readonly name: string
  readonly verificationKey: Hex
  readonly publicInputs: readonly Bytes32[]
  readonly proof: Hex
  readonly holds: boolean
}

const vectors = JSON.parse(readFileSync('test/vectors/groth16.json', 'utf8')) as {
  readonly proven: Omit<Vector, 'name' | 'holds'> & { readonly uncontributedKey: Hex }
  readonly simulated: readonly Vector[]
}

const holds = ({ verificationKey, publicInputs, proof }: Omit<Vector, 'name' | 'holds'>) => {
  const key = readGroth16Key(fromHex(verificationKey))
  return key.ok && verifyGroth16(key.value, publicInputs.map(BigInt), fromHex(proof)).ok
}

test('every vector is judged as on the chain', () => {
  const { simulated } = vectors
  expect(simulated.filter((vector) => vector.holds)).toHaveLength(3)
  for (const vector of simulated) expect(holds(vector), vector.name).toBe(vector.holds)
})

test("a prover's proof holds, and no key that nobody contributed to is taken", () => {
  const { proven } = vectors
  expect(holds(proven)).toBe(true)
  const unready = readGroth16Key(fromHex(proven.uncontributedKey))
  expect(unready.ok ? 'taken' : unready.error.reason).toBe('verification_key_forgeable')
})
