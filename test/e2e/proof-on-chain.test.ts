/*
 * Tier 64 by a node: a development chain, the real ModelProofs and a Groth16Verifier whose key's secrets are known, so that true
 * and false proofs of any values can be made.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toHex } from '../../src/base/hex.ts'
import { encodeCall, encodeConstructor } from '../../src/chain/contracts.ts'
import {
  groth16VerifierAbi,
  groth16VerifierBytecode,
} from '../../src/chain/generated/groth16-verifier.ts'
import { keccak256Hex } from '../../src/chain/keccak.ts'
import { modelProofsAt } from '../../src/chain/model-proofs.ts'
import { checkProof } from '../../src/client/check-proof.ts'
import { type Address, address, bytes32, zeroBytes32 } from '../../src/domain/units.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import {
  keyBytes,
  manifest,
  modelIdOf,
  proof,
  provenReceipt,
  secrets,
} from '../support/proven-receipt.ts'
import { simulatedProof } from '../support/simulated-groth16.ts'

let at: TestDevChain
let codeHash: string
let verifier: Address
beforeAll(async () => {
  at = await startDevChain()
  const args = await encodeConstructor(groth16VerifierAbi, [toHex(keyBytes)])
  verifier = await mined({ data: groth16VerifierBytecode + args.slice(2) })
  const code = String(expectOk(await at.chain.rpc.call('eth_getCode', [verifier, 'latest'])))
  codeHash = keccak256Hex(code.slice(2))
}, 60_000)
afterAll(() => at?.stop())

/** A transaction of an account that the node unlocks; the address of what it created. */
async function mined(transaction: Readonly<Record<string, string>>): Promise<Address> {
  const { rpc } = at.chain
  const from = `0x${'e0'.repeat(20)}`
  expectOk(await rpc.call('anvil_setBalance', [from, '0x56bc75e2d63100000']))
  expectOk(await rpc.call('anvil_impersonateAccount', [from]))
  const sent = { from, gas: '0x1000000', ...transaction }
  const hash = expectOk(await rpc.call('eth_sendTransaction', [sent]))
  await rpc.call('evm_mine', [])
  const mined = expectOk(await rpc.call('eth_getTransactionReceipt', [hash]))
  const { status, contractAddress } = mined as { status: string; contractAddress: string | null }
  expect(status).toBe('0x1')
  return address(contractAddress ?? verifier)
}

/** The manifest's text around the member that ModelProofs writes anew. */
async function register(model: object): Promise<void> {
  const text = JSON.stringify(model)
  const [prefix, behind] = text.split('"provable":')
  const suffix = behind?.slice(behind.indexOf('}') + 1)
  const [before, after] = [prefix, suffix].map((part) => toHex(Buffer.from(part ?? '')))
  const terms = { verifier, kind: 1, inputs: 8, outputs: 2, codeHash, setup: zeroBytes32 }
  const contract = modelProofsAt(at.dev.contracts.modelProofs)
  const call = { contract, functionName: 'register', args: [before, terms, after] }
  await mined({ to: contract.address, data: await encodeCall(call) })
}

test('the contract that the manifest names judges the proof, with neither manifest nor key at hand', async () => {
  const provable = { ...manifest.provable, codeHash: bytes32(codeHash) }
  const { files, id, proving } = manifest
  const model = { files, id, provable, proving }
  const place = { chainId: at.dev.chainId, verifyingContract: at.dev.contracts.receiptVerifier }
  const { verificationKey: _, ...bare } = proof
  const surroundings = { rpc: at.chain.rpc, modelProofs: at.dev.contracts.modelProofs }
  const verdictsOf = async (shown: object) => {
    const receipt = provenReceipt({ proof: shown, model, changes: { place } })
    const lines = await checkProof(receipt, surroundings)
    return Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]))
  }
  // Nobody registered it yet.
  expect(await verdictsOf(bare)).toMatchObject({ proof: 'unknown', 'proof-key': 'unknown' })
  await register(model)
  expect(modelIdOf(model)).toBe(provenReceipt({ model }).receipt.work.modelId)
  expect(await verdictsOf(bare)).toEqual({
    ...{ proof: 'holds', 'proof-key': 'holds' },
    ...{ 'proof-statement': 'holds', 'proof-setup': 'holds' },
  })
  // Blinded anew it is another proof of the same; made with other secrets it is none.
  const publicInputs = proof.publicInputs.map(BigInt)
  const again = toHex(simulatedProof(secrets, publicInputs, { a: 41n, b: 43n }))
  expect(await verdictsOf({ ...bare, proof: again })).toMatchObject({ proof: 'holds' })
  const forged = toHex(simulatedProof({ ...secrets, alpha: 4n }, publicInputs, { a: 41n, b: 43n }))
  expect(await verdictsOf({ ...bare, proof: forged })).toMatchObject({ proof: 'fails' })
  expect(await verdictsOf({ ...bare, proof: '0x' })).toMatchObject({ proof: 'fails' })
})
