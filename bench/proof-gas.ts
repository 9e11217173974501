import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Interface } from 'ethers'
import { toHex } from '../src/base/hex.ts'
import {
  groth16VerifierAbi,
  groth16VerifierBytecode,
} from '../src/chain/generated/groth16-verifier.ts'
import type { JsonRpc } from '../src/chain/json-rpc.ts'
import type { Proof } from '../src/proofs/proof.ts'
import type { CircuitArtefacts } from '../src/prover/circuit-artefacts.ts'
import { expectOk } from '../test/support/dev-chain.ts'

const verifier = new Interface([
  'function verify(bytes proof, bytes32[] publicInputs) view returns (bool)',
])
const constructorOf = new Interface(groth16VerifierAbi)

/** Nobody's account: what a constructor gives back is put there. */
const to = `0x${'be'.repeat(20)}`

/** Gas of a transaction that calls the circuit's verifier with the proof, calldata included; ezkl's verifier needs Python. */
export async function proofGas(
  rpc: JsonRpc,
  { folder, artefact }: CircuitArtefacts,
  { proof, publicInputs }: Proof,
): Promise<number | undefined> {
  if (artefact.system === 'ezkl') return undefined
  const creation =
    artefact.system === 'ultrahonk'
      ? toHex(readFileSync(join(folder, 'verifier.creation')))
      : groth16VerifierBytecode +
        constructorOf.encodeDeploy([readFileSync(join(folder, 'vk'))]).slice(2)
  const runtime = expectOk(await rpc.call('eth_call', [{ data: creation }, 'latest']))
  expectOk(await rpc.call('anvil_setCode', [to, runtime]))
  const data = verifier.encodeFunctionData('verify', [proof, publicInputs])
  const answer = expectOk(await rpc.call('eth_call', [{ to, data }, 'latest']))
  if (BigInt(String(answer)) !== 1n) throw new Error(`${artefact.name}: the contract says no`)
  return Number(expectOk(await rpc.call('eth_estimateGas', [{ to, data }])))
}
