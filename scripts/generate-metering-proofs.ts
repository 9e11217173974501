/*
 * Writes test/fixtures/proofs/metering.json: a usage proof of two receipts in two segments, and a membership proof, made with
 * development keys, for tests that have no provers. Proofs are zero-knowledge: each run writes others.
 *
 *   npm run zk:install && node scripts/generate-metering-proofs.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '../src/base/hex.ts'
import { membershipInputs, membershipStatement } from '../src/proofs/membership-inputs.ts'
import type { Proof } from '../src/proofs/proof.ts'
import { usageBatches } from '../src/proofs/usage-batches.ts'
import { usageBatchInputs } from '../src/proofs/usage-inputs.ts'
import type { UsageSegment } from '../src/proofs/usage-proof.ts'
import { noirSource } from '../src/prover/noir-source.ts'
import { buildCircuit, type CircuitInputs, prove } from '../src/prover/prover.ts'
import { expectOk } from '../test/support/dev-chain.ts'
import { membershipPlace } from '../test/support/membership-receipt.ts'
import { usageTerms } from '../test/support/usage-circuit.ts'
import { usageReceipts } from '../test/support/usage-receipts.ts'

async function proven(
  source: ReturnType<typeof noirSource>,
  each: readonly CircuitInputs[],
): Promise<readonly Proof[]> {
  const artefacts = expectOk(await buildCircuit(source))
  const verificationKey = toHex(readFileSync(join(artefacts.folder, 'vk')))
  const proofs: Proof[] = []
  for (const inputs of each) {
    proofs.push({ ...expectOk(await prove({ artefacts, inputs })), verificationKey })
  }
  return proofs
}

const receipts = usageReceipts([{}, { signer: 1 }])
const batches = expectOk(usageBatches(receipts, { ...usageTerms, rows: 1 }))
const usageProofs = await proven(
  noirSource('usage-batch', { RECEIPTS: 1 }),
  batches.map((batch) => usageBatchInputs(batch, 1)),
)
const segments = usageProofs.map((proof, index): UsageSegment => {
  const receipt = receipts[index]
  if (receipt === undefined) throw new Error('each segment is of a receipt')
  return { proof, gatewaySignature: receipt.gatewaySignature }
})

const { receipt, claim } = membershipPlace(5)
const statement = expectOk(membershipStatement(receipt, claim))
const [membership] = await proven(noirSource('membership'), [
  membershipInputs(statement, receipt, claim.siblings),
])

const file = join(import.meta.dirname, '../test/fixtures/proofs/metering.json')
const fixture = { usage: { object: 'vouch.usage-proof', segments }, membership }
writeFileSync(file, `${JSON.stringify(fixture, null, 2)}\n`)
