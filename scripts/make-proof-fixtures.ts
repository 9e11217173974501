/*
 * Makes the proofs of test/fixtures/proofs with real provers ('npm run zk:install'), each with its key within. Keys are the same
 * every time, since development setups are; proofs are not, because provers blind them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { toHex } from '../src/base/hex.ts'
import type { Proof } from '../src/proofs/proof.ts'
import { buildCircuit, prove } from '../src/prover/prover.ts'
import { proofCircuits } from '../test/support/proof-circuits.ts'

const folder = resolve(import.meta.dirname, '../test/fixtures/proofs')

for (const { source, inputs } of proofCircuits) {
  const artefacts = await buildCircuit(source)
  if (!artefacts.ok) throw new Error(`${source.name}: ${artefacts.error.message}`)
  const proof = await prove({ artefacts: artefacts.value, inputs })
  if (!proof.ok) throw new Error(`${source.name}: ${proof.error.message}`)
  const verificationKey = toHex(readFileSync(join(artefacts.value.folder, 'vk')))
  const document: Proof = { ...proof.value, verificationKey }
  writeFileSync(join(folder, `${source.name}.json`), `${JSON.stringify(document)}\n`)
  process.stdout.write(`${source.name} ${artefacts.value.artefact.constraints} rows\n`)
}
