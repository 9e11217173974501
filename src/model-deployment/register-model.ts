/* A model's verifier on a chain, and its registration with ModelProofs. What is there already is left as it is. */

import { toHex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { type Contract, readContract } from '../chain/contracts.ts'
import { creationCodeOf, type Deployment, deployOnce } from '../chain/deployment.ts'
import { groth16VerifierAbi, groth16VerifierBytecode } from '../chain/generated/groth16-verifier.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { keccak256Hex } from '../chain/keccak.ts'
import { modelProofsAt } from '../chain/model-proofs.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import { type Address, type Bytes32, zeroAddress, zeroBytes32 } from '../domain/units.ts'
import { devInsecure } from '../proofs/proof.ts'
import type { ProvableManifest, ProvableTerms } from './provable-manifest.ts'

export type ModelChain = {
  readonly rpc: JsonRpc
  readonly sender: Sender
  readonly modelProofs: Address
}

const kinds = { packed: 1, ezkl: 2 } as const

/** The generic verifier with this key in it: no circuit needs a contract of its own. */
export const groth16Deployment = (verificationKey: Uint8Array): Deployment => ({
  name: 'Groth16Verifier',
  abi: groth16VerifierAbi,
  bytecode: groth16VerifierBytecode,
  args: [verificationKey],
})

/** A verifier that its prover wrote for one circuit. */
export const writtenDeployment = (creationCode: Uint8Array): Deployment => ({
  name: 'Verifier',
  abi: [],
  bytecode: toHex(creationCode),
  args: [],
})

/** EXTCODEHASH of what the creation code leaves on the chain, without putting it there. */
export async function codeHashOf(
  rpc: JsonRpc,
  deployment: Deployment,
): Promise<Result<Bytes32, string>> {
  const data = await creationCodeOf(deployment)
  const runtime = await rpc.call('eth_call', [{ data }, 'latest'])
  if (!runtime.ok) return refused(runtime.error)
  return ok(keccak256Hex(String(runtime.value).slice(2)))
}

/** Answers where the verifier stands. */
export async function registerModel(
  { rpc, sender, modelProofs }: ModelChain,
  model: {
    readonly deployment: Deployment
    readonly manifest: ProvableManifest
    readonly provable: ProvableTerms
    readonly name: string
    readonly version: string
  },
): Promise<Result<Address, string>> {
  const { manifest, provable, name, version } = model
  const contract = modelProofsAt(modelProofs)
  const verifier = await deployOnce(rpc, sender, model.deployment)
  if (!verifier.ok) return refused(verifier.error)
  const functionName = 'circuitOf'
  const known = await readContract(rpc, { contract, functionName, args: [manifest.modelId] })
  if (!known.ok) return refused(known.error)
  const [circuit] = known.value as readonly [{ readonly verifier: string }]
  if (circuit.verifier === zeroAddress) {
    const { codeHash, inputs, outputs, kind } = provable
    const setup = provable.setup === devInsecure ? zeroBytes32 : provable.setup
    const terms = { verifier: verifier.value, kind: kinds[kind], inputs, outputs, codeHash, setup }
    const args = [utf8(manifest.prefix), terms, utf8(manifest.suffix)]
    const sent = await sendCall(sender, { contract, functionName: 'register', args })
    if (!sent.ok) return refused(sent.error)
  }
  const published = await publish({ rpc, sender, contract }, [name, version, manifest.modelId])
  return published.ok ? verifier : published
}

async function publish(
  { rpc, sender, contract }: Pick<ModelChain, 'rpc' | 'sender'> & { readonly contract: Contract },
  [name, version, modelId]: readonly [string, string, Bytes32],
): Promise<Result<'published', string>> {
  const args = [sender.address, name, version]
  const known = await readContract(rpc, { contract, functionName: 'modelOf', args })
  if (!known.ok) return refused(known.error)
  if (known.value[0] === modelId) return ok('published')
  const call = { contract, functionName: 'publish', args: [name, version, modelId] }
  const sent = await sendCall(sender, call)
  return sent.ok ? ok('published') : refused(sent.error)
}

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8')

const refused = (failure: ChainFailure): Result<never, string> => err(describeChainFailure(failure))
