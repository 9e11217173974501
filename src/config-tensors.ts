/*
 * Provable models: what they read and answer, as their graphs say it, and the circuit that proves it.
 */

import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Section } from './config-fields.ts'
import { type NamedFiles, readFile } from './config-files.ts'
import type { Endpoint } from './domain/endpoint.ts'
import type { ProofTerms, TensorTerms } from './domain/tensor-terms.ts'
import type { FixedPointGraph } from './provable/fixed-point-graph.ts'
import { readFixedPointGraph } from './provable/read-fixed-point-graph.ts'

type TensorKeys = Section<{
  readonly graph: string | undefined
  readonly manifest: string | undefined
  readonly circuit?: string | undefined
  readonly endpoints?: readonly Endpoint[] | undefined
}>

/** Undefined for a model that no inference is asked of. Throws ConfigFault where its graph is none, or not its manifest's. */
export function readTensorTerms(
  model: TensorKeys,
  served: readonly Endpoint[],
  files: NamedFiles,
): TensorTerms | undefined {
  const { graph: path, manifest, circuit } = model.values
  const isServed = served.includes('inference')
  if (path === undefined) {
    return isServed
      ? model.refuse('graph', 'a graph.json, because the model serves inference')
      : undefined
  }
  if (!isServed) return model.refuse('graph', 'nothing, because the model does not serve inference')
  if (manifest === undefined) return model.refuse('manifest', 'a file, because receipts name it')
  const text = readFile(model, 'graph', files)
  if (!isListed(readFile(model, 'manifest', files), text)) {
    return model.refuse('graph', "the very graph.json whose sha256 the model's manifest names")
  }
  const proof = circuit === undefined ? undefined : proofTermsOf(model, circuit, files)
  return { ...tensorTermsOf(graphOf(model, text)), ...(proof && { proof }) }
}

/** What `artefact.json` of the circuit's folder says. */
function proofTermsOf(model: TensorKeys, circuit: string, files: NamedFiles): ProofTerms {
  // Another circuit in its place is a change of the configuration.
  files.at(join(circuit, artefactFile))
  return (
    circuitTermsOf(files.resolve(circuit)) ??
    model.refuse(
      'circuit',
      `the folder of a circuit of groth16 or ultrahonk, with its ${artefactFile}`,
    )
  )
}

const artefactFile = 'artefact.json'

/** Undefined where the folder has no circuit that proves an inference. */
export function circuitTermsOf(folder: string): ProofTerms | undefined {
  try {
    const artefact = readFileSync(join(folder, artefactFile), 'utf8')
    const { object, system, name, vkHash, setup } = JSON.parse(artefact) as Artefact
    if (object !== 'vouch.circuit') return undefined
    if (system !== 'groth16' && system !== 'ultrahonk') return undefined
    return { system, circuit: name, vkHash, setup, folder, costs: {} }
  } catch {
    return undefined
  }
}

type Artefact = Pick<ProofTerms, 'system' | 'vkHash' | 'setup'> & {
  readonly object: unknown
  readonly name: string
}

/** What a receipt's modelId is the hash of must say which graph was asked. */
function isListed(manifest: string, graph: string): boolean {
  try {
    const { files } = JSON.parse(manifest) as { readonly files?: Readonly<Record<string, unknown>> }
    return files?.['graph.json'] === hash('sha256', graph)
  } catch {
    return false
  }
}

function graphOf(model: TensorKeys, text: string): FixedPointGraph {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return model.refuse('graph', 'a JSON file')
  }
  const graph = readFixedPointGraph(json)
  if (graph.ok) return graph.value
  return model.refuse('graph', `a graph: ${graph.error.place} ${graph.error.detail}`)
}

export const tensorTermsOf = ({ inputs, outputs }: FixedPointGraph): TensorTerms => ({
  inputs,
  outputs: outputs.map(({ name, shape, scaleBits }) => ({ name, shape, scaleBits })),
})
