/* Builds a prepared model's circuit and keys, and tries both: one answer of the sample is proved and verified. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InvariantViolation } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Proof } from '../proofs/proof.ts'
import { evaluate } from '../provable/evaluate.ts'
import type { CircuitArtefacts } from '../prover/circuit-artefacts.ts'
import type { JobOptions } from '../prover/job-bounds.ts'
import { buildCircuit, prove } from '../prover/prover.ts'
import {
  type CircuitLanguage,
  circuitSourceOf,
  ezklSourceOf,
  inferenceInputs,
} from './model-circuit.ts'
import type { PreparedModel } from './prepare-model.ts'
import { quantiseInputs } from './quantise-inputs.ts'

export type BuiltModel = {
  readonly artefacts: CircuitArtefacts
  readonly verificationKey: Buffer
  /** Of the first row of the sample that the model takes. */
  readonly trial: { readonly input: Int32Array; readonly output: Int32Array; readonly proof: Proof }
}

export async function buildModel(
  prepared: PreparedModel,
  language: CircuitLanguage,
  options: JobOptions,
): Promise<Result<BuiltModel, string>> {
  const { name, program, graph } = prepared
  const source =
    language === 'ezkl' ? ezklSourceOf(name, graph) : ok(circuitSourceOf(name, program, language))
  if (!source.ok) return source
  const built = await buildCircuit(source.value, options)
  if (!built.ok) return err(built.error.message)
  const artefacts = built.value
  const { input, output } = trialOf(prepared)
  const proof = await prove(
    { artefacts, inputs: inferenceInputs(input, output, language) },
    options,
  )
  if (!proof.ok) return err(`the first proof failed: ${proof.error.message}`)
  const verificationKey = await readFile(join(artefacts.folder, 'vk'))
  return ok({ artefacts, verificationKey, trial: { input, output, proof: proof.value } })
}

function trialOf({ graph, sample }: PreparedModel) {
  for (const row of sample) {
    const input = quantiseInputs(graph, row)
    const output = evaluate(graph, input)
    if (output.ok) return { input: Int32Array.from(input), output: Int32Array.from(output.value) }
  }
  throw new InvariantViolation('a model that was prepared takes a row of its sample')
}
