// Writes `test/vectors/groth16.json`: proofs that TypeScript and contracts must judge alike. Most are made from the secrets of
// their keys, without a circuit; the one of a real circuit, which a prover blinds by chance, is kept as it is. Running this again
// changes nothing.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hexOf } from '../src/base/hex.ts'
import { scalarModulus, scalarWord } from '../src/proofs/field.ts'
import {
  g1Words,
  g2Words,
  type Secrets,
  simulatedKey,
  simulatedProof,
} from '../test/support/simulated-groth16.ts'

const vectorsFile = join(import.meta.dirname, '..', 'test', 'vectors', 'groth16.json')

/** Points of the second group, which no precompile multiplies: what a contract's test makes its own keys and proofs of. */
const g2Scalars = { beta: 1009n, gamma: 2003n, delta: 3001n, b: 4001n }

const secretsFor = (inputs: number): Secrets => ({
  alpha: 5003n,
  beta: g2Scalars.beta,
  gamma: g2Scalars.gamma,
  delta: g2Scalars.delta,
  inputs: Array.from({ length: inputs + 1 }, (_, index) => 6007n + 13n * BigInt(index)),
})

type Case = { readonly name: string; readonly proof: Buffer; readonly inputs: readonly string[] }

const changed = (bytes: Buffer, wordIndex: number, word: string): Buffer => {
  const copy = Buffer.from(bytes)
  copy.write(word, wordIndex * 32, 'hex')
  return copy
}
const wordText = (value: bigint): string => value.toString(16).padStart(64, '0')
const spelled = (values: readonly bigint[]): readonly string[] =>
  values.map((value) => hexOf(wordText(value)))

function casesFor(count: number): { readonly good: Case; readonly bad: readonly Case[] } {
  const secrets = secretsFor(count)
  const values = Array.from({ length: count }, (_, index) =>
    index === 0 ? scalarModulus - 1n : BigInt(index) << 200n,
  )
  const proof = simulatedProof(secrets, values, { a: 7001n, b: g2Scalars.b })
  const inputs = spelled(values)
  const other = simulatedProof(secrets, values, { a: 7013n, b: g2Scalars.b })
  const wrongInputs = values.map((_, index) => ({
    name: `input ${index} is another`,
    proof,
    inputs: inputs.with(index, scalarWord(BigInt(index) + 5n)),
  }))
  const bad: readonly Case[] = [
    ...wrongInputs,
    { name: 'one input more', proof, inputs: [...inputs, scalarWord(0n)] },
    { name: 'A of another proof', proof: changed(proof, 0, g1Words(7013n)), inputs },
    { name: 'A negated', proof: changed(proof, 0, g1Words(scalarModulus - 7001n)), inputs },
    { name: 'B of another point', proof: changed(proof, 2, g2Words(4003n)), inputs },
    { name: 'C of another proof', proof: changed(proof, 6, other.toString('hex', 192)), inputs },
    { name: 'one byte too many', proof: Buffer.concat([proof, Buffer.alloc(1)]), inputs },
    { name: 'one byte too few', proof: proof.subarray(0, 255), inputs },
  ]
  return { good: { name: 'good', proof, inputs }, bad }
}

const vectorsFor = (count: number): readonly object[] => {
  const { good, bad } = casesFor(count)
  const verificationKey = hexOf(simulatedKey(secretsFor(count)).toString('hex'))
  const vectorOf = ({ name, proof, inputs }: Case, holds: boolean) => ({
    name: `${count} inputs: ${name}`,
    verificationKey,
    publicInputs: inputs,
    proof: hexOf(proof.toString('hex')),
    holds,
  })
  return [vectorOf(good, true), ...bad.map((one) => vectorOf(one, false))]
}

const kept = JSON.parse(readFileSync(vectorsFile, 'utf8')) as { readonly proven: unknown }
const g2 = Object.fromEntries(
  Object.entries(g2Scalars).map(([name, scalar]) => [
    name,
    { scalar: hexOf(wordText(scalar)), words: hexOf(g2Words(scalar)) },
  ]),
)
const vectors = { g2, proven: kept.proven, simulated: [0, 1, 3].flatMap(vectorsFor) }
writeFileSync(vectorsFile, `${JSON.stringify(vectors, undefined, 2)}\n`)
