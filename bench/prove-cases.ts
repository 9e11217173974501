/*
 * What is proved: the smallest statement that there is, this package's own circuits, and its provable models in each system that
 * takes them. Statements are those of the tests, made from seeds.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { circuitSourceOf, inferenceInputs } from '../src/model-deployment/model-circuit.ts'
import { prepareModel } from '../src/model-deployment/prepare-model.ts'
import { batchInputs } from '../src/proofs/batch-inputs.ts'
import { membershipInputs, membershipStatement } from '../src/proofs/membership-inputs.ts'
import { circuitProgramOf } from '../src/provable/circuit-program-of.ts'
import { evaluate } from '../src/provable/evaluate.ts'
import { writeEzkl } from '../src/provable/write-ezkl.ts'
import type { CircuitSource } from '../src/prover/circuit-source.ts'
import { noirSource } from '../src/prover/noir-source.ts'
import type { CircuitInputs } from '../src/prover/prover.ts'
import { readCircuit } from '../src/prover/read-circuit.ts'
import { denseModel, someInput } from '../test/support/circuit-models.ts'
import { expectOk } from '../test/support/dev-chain.ts'
import { membershipPlace } from '../test/support/membership-receipt.ts'
import { signedBatchOf, someUsages } from '../test/support/signed-batch.ts'
import { tinyCircom, tinyNoir } from '../test/support/tiny-circuits.ts'
import { inputsOf } from '../test/support/usage-circuit.ts'
import { usageReceipts } from '../test/support/usage-receipts.ts'

export type ProveCase = {
  readonly title: string
  readonly source: CircuitSource
  readonly inputs: CircuitInputs
}

const root = resolve(import.meta.dirname, '..')

function circomCircuit(name: string): CircuitSource {
  const source = readCircuit(join(root, 'circuits/circom', `${name}.circom`))
  if (source === undefined) throw new Error(`there is no circuit ${name}`)
  return source
}

const tiny: readonly ProveCase[] = [
  { title: 'x·y = z', source: tinyCircom, inputs: { x: '3', y: 4 } },
  { title: 'x·y = z', source: tinyNoir, inputs: { x: '3', y: 4, product: '12' } },
]

function receipts(): readonly ProveCase[] {
  const place = membershipPlace(4096)
  const { receipt, claim } = place
  const statement = expectOk(membershipStatement(receipt, claim))
  const usage = inputsOf(usageReceipts([{}, {}]), 2)
  return [
    {
      title: '16 receipts, one EdDSA signature',
      source: circomCircuit('batch16'),
      inputs: plain(batchInputs(signedBatchOf(someUsages(16)))),
    },
    {
      title: '2 receipts, their secp256k1 signatures',
      source: noirSource('usage-batch', { RECEIPTS: 2 }),
      inputs: plain(usage),
    },
    {
      title: 'one receipt among 4,096',
      source: noirSource('membership'),
      inputs: plain(membershipInputs(statement, receipt, claim.siblings)),
    },
  ]
}

/** As JSON carries them. */
const plain = (inputs: unknown): CircuitInputs =>
  JSON.parse(
    JSON.stringify(inputs, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  )

async function models(): Promise<readonly ProveCase[]> {
  const cases = await Promise.all(['volatility', 'wallet-risk', 'moderation'].map(casesOf))
  return cases.flat()
}

async function casesOf(name: string): Promise<readonly ProveCase[]> {
  const folder = join(root, 'models', name)
  const sample = JSON.parse(readFileSync(join(folder, 'sample.json'), 'utf8'))
  const onnx = readFileSync(join(folder, 'model.onnx'))
  const prepared = expectOk(await prepareModel({ name, onnx, sample }))
  const x = someInput(prepared.graph, 1)
  const y = expectOk(evaluate(prepared.graph, x))
  const inputs = inferenceInputs(x, y)
  return (['circom', 'noir'] as const).map((language) => ({
    title: name,
    source: circuitSourceOf(name, prepared.program, language),
    inputs,
  }))
}

/** One model in all three systems: our own writer for ezkl takes dense layers only. */
function denseInEach(): readonly ProveCase[] {
  const graph = denseModel([8, 16, 4])
  const name = 'dense-8-16-4'
  const { compiled, settings } = expectOk(writeEzkl(graph))
  const x = someInput(graph, 1)
  const program = expectOk(circuitProgramOf(graph))
  const inputs = inferenceInputs(x, expectOk(evaluate(graph, x)))
  return [
    ...(['circom', 'noir'] as const).map((language) => ({
      title: name,
      source: circuitSourceOf(name, program, language),
      inputs,
    })),
    {
      title: name,
      source: {
        name,
        system: 'ezkl',
        files: { 'model.compiled': compiled, 'settings.json': settings },
        entry: 'model.compiled',
      },
      inputs: { input_data: [x] },
    },
  ]
}

/** Read when they are asked for: each makes its statements. */
export const proveCases: Readonly<
  Record<string, () => readonly ProveCase[] | Promise<readonly ProveCase[]>>
> = {
  tiny: () => tiny,
  receipts,
  models,
  dense: denseInEach,
}
