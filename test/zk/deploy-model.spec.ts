/*
 * `vouch models deploy` from the ONNX file to the chain: what is registered takes the proof of what is served, and nothing else.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { denseOnnx } from '../../scripts/models/onnx-graphs.ts'
import { readContract } from '../../src/chain/contracts.ts'
import { type Deployment, deployOnce } from '../../src/chain/deployment.ts'
import { modelProofsAbi, modelProofsBytecode } from '../../src/chain/generated/model-proofs.ts'
import { openSender } from '../../src/chain/transactions.ts'
import { embeddedChainId } from '../../src/dev/embedded-chain.ts'
import { type DeployedModel, deployModel } from '../../src/model-deployment/deploy-model.ts'
import type { CircuitLanguage } from '../../src/model-deployment/model-circuit.ts'
import { prepareModel } from '../../src/model-deployment/prepare-model.ts'
import { readSample } from '../../src/model-deployment/read-sample.ts'
import type { ModelChain } from '../../src/model-deployment/register-model.ts'
import { loadStoredModel } from '../../src/model-store/add-model.ts'
import { openModelStore } from '../../src/model-store/model-store.ts'
import { verifyProof } from '../../src/proofs/verify-proof.ts'
import { devKeys } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
const store = openModelStore(join(folder.path, 'models'))
let place: ModelChain
let stop = async (): Promise<void> => undefined

beforeAll(async () => {
  const chain = await startChain(folder.path)
  stop = chain.stop
  const { rpc } = chain
  const privateKey = devKeys(folder.path).deployer
  const sender = openSender({ rpc, chainId: embeddedChainId, privateKey })
  const balance = { method: 'anvil_setBalance', params: [sender.address, '0xde0b6b3a7640000'] }
  await rpc.call(balance.method, balance.params)
  const terms: Deployment = {
    name: 'ModelProofs',
    abi: modelProofsAbi,
    bytecode: modelProofsBytecode,
    args: [],
  }
  const modelProofs = await deployOnce(rpc, sender, terms)
  if (!modelProofs.ok) throw new Error(JSON.stringify(modelProofs.error))
  place = { rpc, sender, modelProofs: modelProofs.value }
})

afterAll(async () => {
  await stop()
  folder.remove()
})

/** Of models/, or a network of two layers: ezkl takes half a minute for more. */
function filesOf(name: string) {
  if (name === 'tiny' || name === 'small') return networkOf(name === 'tiny' ? 4 : 5)
  const files = resolve(import.meta.dirname, '../../models', name)
  const sample = readSample(readFileSync(join(files, 'sample.json'), 'utf8'))
  if (!sample.ok) throw new Error(sample.error)
  return { onnx: readFileSync(join(files, 'model.onnx')), sample: sample.value }
}

function networkOf(hidden: number) {
  const layer = (inputs: number, outputs: number) => ({
    ...{ inputs, outputs },
    weights: Float64Array.from({ length: inputs * outputs }, (_, at) => ((at * 7) % 11) / 8 - 0.6),
    biases: new Float64Array(outputs).fill(0.25),
  })
  const network = { layers: [layer(3, hidden), layer(hidden, 1)] }
  const onnx = denseOnnx({ name: 'network', input: 'x', output: 'y', network })
  return {
    onnx,
    sample: [
      [1, -0.5, 0.25],
      [0, 1, -1],
    ],
  }
}

async function deployed(name: string, language: CircuitLanguage): Promise<DeployedModel> {
  const { onnx, sample } = filesOf(name)
  const prepared = await prepareModel({
    ...{ name, onnx, sample },
    isForEzkl: language === 'ezkl',
  })
  if (!prepared.ok) throw new Error(prepared.error)
  const done = await deployModel(prepared.value, {
    ...{ language, store, version: undefined, chain: place },
    prover: {},
    onStep: () => undefined,
  })
  if (!done.ok) throw new Error(done.error)
  return done.value
}

/** What ModelProofs says of these values, by this proof. */
async function isProven(
  { modelId, built }: DeployedModel,
  changed: { input?: number; output?: number; proof?: `0x${string}` } = {},
): Promise<boolean> {
  const { input, output, proof } = built.trial
  const answer = await readContract(place.rpc, {
    contract: { name: 'ModelProofs', address: place.modelProofs, abi: modelProofsAbi },
    functionName: 'verifyValues',
    args: [
      modelId,
      [...input].map((value, at) => value + (at === 0 ? (changed.input ?? 0) : 0)),
      [...output].map((value, at) => value + (at === 0 ? (changed.output ?? 0) : 0)),
      changed.proof ?? proof.proof,
    ],
  })
  return answer.ok && answer.value[0] === true
}

describe.each([
  ['moderation', 'circom', 'volatility'],
  ['wallet-risk', 'noir', 'moderation'],
  ['tiny', 'ezkl', 'small'],
] as const)('%s, proved with %s', (name, language, otherName) => {
  let model: DeployedModel
  beforeAll(async () => {
    model = await deployed(name, language)
  })

  test('is taken by the chain and by the verifier in TypeScript', async () => {
    const { proof } = model.built.trial
    expect(proof.setup).toBe('dev-insecure')
    const verificationKey = model.built.verificationKey
    const isVerifiedHere = language === 'ezkl' ? 'system_not_verifiable_here' : true
    const verdict = verifyProof(proof, { verificationKey })
    expect(verdict.ok || verdict.error.reason).toBe(isVerifiedHere)
    expect(await isProven(model)).toBe(true)
  })

  test('is not taken for another answer, another question, or by a proof of another model', async () => {
    expect(await isProven(model, { output: 1 })).toBe(false)
    expect(await isProven(model, { input: 1 })).toBe(false)
    const other = await deployed(otherName, language)
    expect(await isProven(model, { proof: other.built.trial.proof.proof as `0x${string}` })).toBe(
      false,
    )
    expect(await isProven({ ...model, modelId: other.modelId })).toBe(false)
  })

  test('lies in the store with its float original, its integers and its key', async () => {
    const loaded = await loadStoredModel(store, model.modelId)
    expect(loaded.ok && [...loaded.value.contents.keys()].sort()).toEqual([
      'graph.json',
      'model.onnx',
      'vk',
    ])
  })

  test('is the same model again when it is deployed again', async () => {
    const again = await deployed(name, language)
    expect(again.modelId).toBe(model.modelId)
    expect(again.version).toBe(model.version)
    expect(again.verifier).toBe(model.verifier)
  })
})
