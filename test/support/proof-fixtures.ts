import { readFileSync } from 'node:fs'
import { type Proof, readProof } from '../../src/proofs/proof.ts'

/** Proofs that scripts/make-proof-fixtures.ts made with a real prover, each with its key within. */
export const ultraHonkFixtures = [
  'product',
  'lookups',
  'poseidon2',
  'grumpkin',
  'secp256k1',
] as const

export function proofFixture(name: string): Proof {
  const url = new URL(`../fixtures/proofs/${name}.json`, import.meta.url)
  const read = readProof(JSON.parse(readFileSync(url, 'utf8')))
  if (!read.ok) throw new Error(`${name}: ${JSON.stringify(read.error)}`)
  return read.value
}
