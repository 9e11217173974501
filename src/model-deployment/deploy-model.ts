/*
 * From a prepared model to one that is served and proved: circuit and keys, a first proof, the verifier on a chain, the manifest, the
 * store, the registration. Each step finds what an earlier run left, so a deployment that was interrupted is simply begun again.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import type { Deployment } from '../chain/deployment.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { addModel } from '../model-store/add-model.ts'
import { sha256Of } from '../model-store/content-id.ts'
import type { ModelStore } from '../model-store/model-store.ts'
import type { CircuitArtefacts } from '../prover/circuit-artefacts.ts'
import { ezklVerifierSource, findPythonEzkl } from '../prover/ezkl/python-ezkl.ts'
import type { JobOptions } from '../prover/job-bounds.ts'
import { defaultProverPlace, type ProverPlace, requireFrom } from '../prover/prover-place.ts'
import { compileVerifier } from '../prover/ultrahonk/honk-verifier.ts'
import { type BuiltModel, buildModel } from './build-model.ts'
import type { CircuitLanguage } from './model-circuit.ts'
import type { PreparedModel } from './prepare-model.ts'
import { type ProvableTerms, provableManifest } from './provable-manifest.ts'
import {
  codeHashOf,
  groth16Deployment,
  type ModelChain,
  registerModel,
  writtenDeployment,
} from './register-model.ts'

export type DeploymentTerms = {
  readonly language: CircuitLanguage
  readonly store: ModelStore
  readonly version: string | undefined
  readonly chain: ModelChain
  readonly prover: JobOptions
  readonly onStep: (step: DeploymentStep) => void
}

export type DeploymentStep = 'circuit' | 'verifier' | 'store' | 'registration'

export type DeployedModel = {
  readonly modelId: Bytes32
  readonly name: string
  readonly version: string
  readonly verifier: Address
  readonly built: BuiltModel
}

export async function deployModel(
  prepared: PreparedModel,
  { language, store, version, chain, prover, onStep }: DeploymentTerms,
): Promise<Result<DeployedModel, string>> {
  onStep('circuit')
  const built = await buildModel(prepared, language, prover)
  if (!built.ok) return built
  onStep('verifier')
  const deployment = await verifierOf(built.value, prover)
  if (!deployment.ok) return deployment
  const codeHash = await codeHashOf(chain.rpc, deployment.value)
  if (!codeHash.ok) return codeHash
  const { artefact } = built.value.artefacts
  const provable: ProvableTerms = {
    codeHash: codeHash.value,
    inputs: prepared.inputs,
    outputs: prepared.outputs,
    kind: language === 'ezkl' ? 'ezkl' : 'packed',
    setup: artefact.setup,
  }
  const contents = filesOf(prepared, built.value)
  const { name, system, vkHash } = artefact
  const manifest = provableManifest({
    id: prepared.name,
    files: Object.fromEntries([...contents].map(([file, bytes]) => [file, sha256Of(bytes)])),
    quantization: prepared.quantization,
    provable,
    proving: { circuit: name, system, vkHash },
  })
  onStep('store')
  const added = await addModel(store, { manifest: manifest.canonical, contents, version })
  if (!added.ok) return err(added.error.detail)
  onStep('registration')
  const named = { name: prepared.name, version: added.value.version }
  const verifier = await registerModel(chain, {
    deployment: deployment.value,
    manifest,
    provable,
    ...named,
  })
  if (!verifier.ok) return verifier
  return ok({ ...named, modelId: manifest.modelId, verifier: verifier.value, built: built.value })
}

async function verifierOf(
  { artefacts, verificationKey }: BuiltModel,
  { place = defaultProverPlace }: JobOptions,
): Promise<Result<Deployment, string>> {
  switch (artefacts.artefact.system) {
    case 'groth16':
      return ok(groth16Deployment(verificationKey))
    case 'ultrahonk':
      return ok(writtenDeployment(await readFile(join(artefacts.folder, 'verifier.creation'))))
    case 'ezkl':
      return ezklVerifier(artefacts, place)
  }
}

/** Only ezkl's own Python package writes the verifier of an ezkl circuit. */
async function ezklVerifier(
  artefacts: CircuitArtefacts,
  place: ProverPlace,
): Promise<Result<Deployment, string>> {
  const python = await findPythonEzkl(place)
  if (!python.ok) return err(python.error.message)
  const source = await ezklVerifierSource(python.value, artefacts, place)
  if (!source.ok) return err(source.error.message)
  const solc = requireFrom(place)('solc')
  const compiled = compileVerifier(solc, source.value, 'Halo2Verifier')
  return compiled.ok ? ok(writtenDeployment(compiled.value.creation)) : compiled
}

/** What a model is made of: the float model that it was, the integers that it is, and the key of its proofs. */
const filesOf = (
  { onnx, graph }: PreparedModel,
  { verificationKey }: BuiltModel,
): ReadonlyMap<string, Uint8Array> =>
  new Map<string, Uint8Array>([
    ['graph.json', Buffer.from(`${JSON.stringify(graph)}\n`)],
    ['model.onnx', onnx],
    ['vk', verificationKey],
  ])
