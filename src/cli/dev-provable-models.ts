/*
 * The provable models that come with the project: those folders of models/ that have a graph. Where the circuit of one was built
 * (`npm run zk:dev`, `vouch models deploy`), its answers can be proven.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import { circuitTermsOf, tensorTermsOf } from '../config-tensors.ts'
import type { ServedModelConfig } from '../config-upstreams.ts'
import { type ProofTerms, valueCountOf } from '../domain/tensor-terms.ts'
import { circuitSourceOf } from '../model-deployment/model-circuit.ts'
import { circuitProgramOf } from '../provable/circuit-program-of.ts'
import type { FixedPointGraph } from '../provable/fixed-point-graph.ts'
import { readFixedPointGraph } from '../provable/read-fixed-point-graph.ts'
import { artefactsFolder, setupOf } from '../prover/circuit-place.ts'
import { defaultProverPlace } from '../prover/prover-place.ts'
import { devPrices } from './dev-prices.ts'

export type DevProvableModel = { readonly folder: string; readonly served: ServedModelConfig }

const modelsFolder = join(import.meta.dirname, '../../models')

/** In the order of their names. A folder without a graph is none; a graph that is none is passed over. */
export async function devProvableModels(
  folder: string = modelsFolder,
): Promise<readonly DevProvableModel[]> {
  const models: DevProvableModel[] = []
  for (const name of readdirSync(folder).sort()) {
    const model = await modelIn(join(folder, name))
    if (model !== undefined) models.push(model)
  }
  return models
}

async function modelIn(folder: string): Promise<DevProvableModel | undefined> {
  const [graphFile, manifestFile] = [join(folder, 'graph.json'), join(folder, 'manifest.json')]
  if (!existsSync(graphFile) || !existsSync(manifestFile)) return undefined
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Json & { readonly id: string }
  const graph = readFixedPointGraph(JSON.parse(readFileSync(graphFile, 'utf8')))
  if (!graph.ok) return undefined
  const tensors = tensorTermsOf(graph.value)
  const proof = await proofTermsOf(manifest.id, graph.value)
  return {
    folder,
    served: {
      id: manifest.id,
      upstreamId: manifest.id,
      modelId: keccak256Utf8(canonicalJson(manifest)),
      contextTokensMax: valueCountOf(tensors.inputs),
      completionTokensMax: valueCountOf(tensors.outputs),
      tokenizer: undefined,
      tensors: { ...tensors, ...(proof && { proof }) },
      servings: [{ ...devPrices, endpoints: ['inference'], unit: 'value' }],
    },
  }
}

/** A circuit lies where the hash of its source says: what is found there is of this very graph. */
async function proofTermsOf(name: string, graph: FixedPointGraph): Promise<ProofTerms | undefined> {
  if (!existsSync(defaultProverPlace.zkHome)) return undefined
  const program = circuitProgramOf(graph)
  if (!program.ok) return undefined
  for (const language of ['circom', 'noir'] as const) {
    const source = circuitSourceOf(name, program.value, language)
    const setup = await setupOf(source.system, defaultProverPlace)
    if (!setup.ok) continue
    const { zkHome } = defaultProverPlace
    const terms = circuitTermsOf(artefactsFolder(source, { zkHome, setup: setup.value }))
    if (terms !== undefined) return terms
  }
  return undefined
}
