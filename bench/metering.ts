/*
 * Proofs of usage inside each other, with real provers: a batch of one receipt, a node over it, a root over the node, and three
 * forgeries of a root, none of which may become a proof. Prints what each took. Some 3 CPU minutes; keys stay in .vouch/zk.
 *
 *   npm run zk:install && node bench/metering.ts
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hex, toHex } from '../src/base/hex.ts'
import { atomic, type Bytes32, bytes32 } from '../src/domain/units.ts'
import { usageBatchInputs } from '../src/proofs/usage-inputs.ts'
import { type UsageTreeChild, usageTreeInputs } from '../src/proofs/usage-tree.ts'
import type { CircuitArtefacts } from '../src/prover/circuit-artefacts.ts'
import type { JobOptions } from '../src/prover/job-bounds.ts'
import { noirSource } from '../src/prover/noir-source.ts'
import { buildCircuit, type CircuitInputs, prove } from '../src/prover/prover.ts'
import { expectOk } from '../test/support/dev-chain.ts'
import { rangeOf } from '../test/support/usage-circuit.ts'
import { usageReceipts } from '../test/support/usage-receipts.ts'

/** One line for each job, as it ends. */
const told = (name: string): JobOptions => ({
  onCost: ({ cpuMs, peakMemoryBytes = 0 }) => {
    const [seconds, gigabytes] = [cpuMs / 1000, peakMemoryBytes / 1e9]
    process.stdout.write(
      `${name.padEnd(24)} ${seconds.toFixed(1)} CPU s  ${gigabytes.toFixed(2)} GB\n`,
    )
  },
})

const fileOf = ({ folder }: CircuitArtefacts, name: string): Buffer =>
  readFileSync(join(folder, name))
const innerKeyOf = (artefacts: CircuitArtefacts): Bytes32 =>
  bytes32(toHex(fileOf(artefacts, 'vk_hash')))

const batchSource = noirSource('usage-batch', { RECEIPTS: 1 })
const treeSource = noirSource('usage-tree', { CHILDREN: 1 })
const batch = expectOk(await buildCircuit({ ...batchSource, recursive: true }, told('batch, keys')))
const node = expectOk(await buildCircuit({ ...treeSource, recursive: true }, told('node, keys')))
const root = expectOk(await buildCircuit(treeSource, told('root, keys')))

const range = rangeOf(usageReceipts([{}]))
const { statement } = range
const keys = { batchKey: innerKeyOf(batch), treeKey: innerKeyOf(node) }
const inputsOver = (child: UsageTreeChild, of = statement, by = keys): CircuitInputs =>
  usageTreeInputs(of, [child], { keys: by, width: 1 })

const made = async (name: string, artefacts: CircuitArtefacts, inputs: CircuitInputs) =>
  expectOk(await prove({ artefacts, inputs }, told(name)))

const leaf = await made('batch of one receipt', batch, usageBatchInputs(range, 1))
const child = { statement, isTree: false, key: fileOf(batch, 'vk'), proof: leaf.proof }
const inner = await made('node over the batch', node, inputsOver(child))
const above = { statement, isTree: true, key: fileOf(node, 'vk'), proof: inner.proof }
await made('root over the node', root, inputsOver(above))

const more = (amount: bigint) => atomic(amount + 1n)
const dearer = {
  ...statement,
  total: more(statement.total),
  priced: more(statement.priced),
  cumulative: more(statement.cumulative),
}
const otherDigit = child.proof.endsWith('1') ? '2' : '1'
const broken: Hex = `0x${child.proof.slice(2, -1)}${otherDigit}`
const forgeries: Readonly<Record<string, CircuitInputs>> = {
  'another statement': inputsOver({ ...child, statement: dearer }, dearer),
  'another key': inputsOver(child, statement, { ...keys, batchKey: keys.treeKey }),
  'another proof': inputsOver({ ...child, proof: broken }),
}
for (const [name, inputs] of Object.entries(forgeries)) {
  const forged = await prove({ artefacts: root, inputs }, told(`forgery: ${name}`))
  if (forged.ok) throw new Error(`a root was proven over ${name}`)
  process.stdout.write(`  none: ${forged.error.message}\n`)
}
