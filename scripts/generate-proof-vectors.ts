// Writes `test/vectors/proof-statements.json`, the public inputs of statements that contracts must ask for as TypeScript does, and
// `test/vectors/groth16.json`, proofs that both must judge alike: most made from the secrets of their keys, without a circuit, and
// one that a prover made (test/fixtures/proofs). Running this again changes nothing.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hexOf } from '../src/base/hex.ts'
import { keccak256Utf8 } from '../src/chain/keccak.ts'
import { type Address, atomic, unixSeconds } from '../src/domain/units.ts'
import { scalarModulus, scalarWord } from '../src/proofs/field.ts'
import {
  type MembershipStatement,
  membershipPublicInputs,
} from '../src/proofs/membership-statement.ts'
import type { Proof } from '../src/proofs/proof.ts'
import { type UsageStatement, usagePublicInputs } from '../src/proofs/usage-statement.ts'
import {
  g1Words,
  g2Words,
  type Secrets,
  simulatedKey,
  simulatedProof,
} from '../test/support/simulated-groth16.ts'

const vectorsFolder = join(import.meta.dirname, '..', 'test', 'vectors')
const vectorsFile = join(vectorsFolder, 'groth16.json')
const proofFile = join(vectorsFolder, '..', 'fixtures', 'proofs', 'squares.json')

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

/** A prover's own proof, which scripts/make-proof-fixtures.ts makes, and its key as it was before anybody contributed. */
function provenVector(): object {
  const proven = JSON.parse(readFileSync(proofFile, 'utf8')) as Required<Proof>
  const { circuit, setup, verificationKey, publicInputs, proof } = proven
  const [gammaAt, deltaAt, end] = [6, 10, 14].map((word) => 2 + 64 * word)
  const gamma = verificationKey.slice(gammaAt, deltaAt)
  const uncontributedKey = verificationKey.slice(0, deltaAt) + gamma + verificationKey.slice(end)
  return { circuit, setup, verificationKey, uncontributedKey, publicInputs, proof }
}

const g2 = Object.fromEntries(
  Object.entries(g2Scalars).map(([name, scalar]) => [
    name,
    { scalar: hexOf(wordText(scalar)), words: hexOf(g2Words(scalar)) },
  ]),
)
const vectors = { g2, proven: provenVector(), simulated: [0, 1, 3].flatMap(vectorsFor) }
writeFileSync(vectorsFile, `${JSON.stringify(vectors, undefined, 2)}\n`)

const accountOf = (label: string): Address => hexOf(keccak256Utf8(label).slice(26)) as Address
const keyOf = (label: string) =>
  hexOf(keccak256Utf8(`x of ${label}`).slice(2) + keccak256Utf8(`y of ${label}`).slice(2))

const usageWith = (signers: number, sheets: number): UsageStatement => ({
  domainSeparator: keccak256Utf8('domain'),
  channelId: keccak256Utf8('channel'),
  gateway: accountOf('gateway'),
  asset: accountOf('asset'),
  firstSeq: 17,
  count: 18,
  total: atomic(2n ** 100n + 1n),
  priced: atomic(2n ** 100n + 2n),
  cumulative: atomic(2n ** 127n + 3n),
  unsignedCount: 4,
  unsignedTotal: atomic(5n),
  lastFinishedAt: unixSeconds(1_800_000_012),
  previousDigest: keccak256Utf8('previous'),
  lastDigest: keccak256Utf8('last'),
  priceHashes: Array.from({ length: sheets }, (_, index) => keccak256Utf8(`sheet ${index}`)),
  signers: Array.from({ length: signers }, (_, index) => ({
    contributor: accountOf(`contributor ${index}`),
    publicKey: keyOf(`contributor ${index}`),
    firstFinishedAt: unixSeconds(1_700_000_000 + index),
    lastFinishedAt: unixSeconds(1_800_000_000 + index),
  })),
})

const treeKeys = { batchKey: scalarWord(11n), treeKey: scalarWord(scalarModulus - 1n) }
const usage = [usageWith(8, 4), usageWith(2, 1), usageWith(0, 1)].map((statement) => ({
  statement: {
    ...statement,
    total: `${statement.total}`,
    priced: `${statement.priced}`,
    cumulative: `${statement.cumulative}`,
    unsignedTotal: `${statement.unsignedTotal}`,
  },
  batchInputs: usagePublicInputs(statement),
  ...treeKeys,
  treeInputs: usagePublicInputs(statement, treeKeys),
}))

const membershipStatement: MembershipStatement = {
  domainSeparator: keccak256Utf8('domain'),
  root: keccak256Utf8('root'),
  modelId: keccak256Utf8('model'),
  tiers: 67,
  finishedAfter: unixSeconds(1_700_000_000),
  finishedBefore: unixSeconds(1_800_000_000),
  gateway: accountOf('gateway'),
  gatewayKey: keyOf('gateway'),
  scope: keccak256Utf8('scope'),
  nullifier: keccak256Utf8('nullifier'),
  bound: accountOf('holder'),
}
const membership = [
  { statement: membershipStatement, inputs: membershipPublicInputs(membershipStatement) },
]
writeFileSync(
  join(vectorsFolder, 'proof-statements.json'),
  `${JSON.stringify({ usage, membership }, undefined, 2)}\n`,
)
