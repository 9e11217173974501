/*
 * One batch through the whole of it: signed by a contributor, proved by snarkjs, verified in TypeScript and by the contract on a
 * real chain, which refuse whatever is not that proof of that statement.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Hex, hexOf } from '../../src/base/hex.ts'
import { type Contract, encodeCall, readContract } from '../../src/chain/contracts.ts'
import { creationCodeOf } from '../../src/chain/deployment.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { batchProofText, parseBatchProof } from '../../src/client/batch-documents.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { address, atomic, type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { groth16Deployment } from '../../src/model-deployment/register-model.ts'
import { batchInputs } from '../../src/proofs/batch-inputs.ts'
import { type BatchProof, verifyBatchProof } from '../../src/proofs/batch-proof.ts'
import { type BatchStatement, batchPublicInputs } from '../../src/proofs/batch-statement.ts'
import { scalarModulus, scalarWord } from '../../src/proofs/field.ts'
import type { Proof } from '../../src/proofs/proof.ts'
import type { CircuitArtefacts } from '../../src/prover/circuit-artefacts.ts'
import { prove } from '../../src/prover/prover.ts'
import { readCircuits } from '../../src/prover/read-circuit.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'
import { signedBatchOf, someUsages } from '../support/signed-batch.ts'
import { contributorKey } from '../support/signed-receipt.ts'
import { built, temporaryZkPlace, tinyCircom, type ZkPlace } from '../support/tiny-circuits.ts'

const batch = signedBatchOf(someUsages(16))
const another = signedBatchOf(someUsages(2))

let zk: ZkPlace
let artefacts: CircuitArtefacts
let document: BatchProof
let ofAnother: Proof
let ofTiny: Proof
beforeAll(async () => {
  zk = temporaryZkPlace()
  const { place } = zk
  const [source] = readCircuits(resolve(import.meta.dirname, '../../circuits')).filter(
    ({ name }) => name === 'batch16',
  )
  if (source === undefined) throw new Error('circuits/circom/batch16.circom is there')
  artefacts = await built(source, place)
  const proof = expectOk(await prove({ artefacts, inputs: batchInputs(batch) }, { place }))
  ofAnother = expectOk(await prove({ artefacts, inputs: batchInputs(another) }, { place }))
  const tiny = await built(tinyCircom, place)
  ofTiny = expectOk(await prove({ artefacts: tiny, inputs: { x: '3', y: 4 } }, { place }))
  const { statement, endorsement } = batch
  document = { object: 'vouch.batch-proof', statement, endorsement, proof }
})
afterAll(() => zk.remove())

const key = () => readFileSync(join(artefacts.folder, 'vk'))
const verified = (changes: Partial<BatchProof> = {}) =>
  verifyBatchProof(
    { ...document, ...changes },
    { vkHash: artefacts.artefact.vkHash, verificationKey: key() },
  )

describe('in TypeScript', () => {
  test('it holds, and names the key that endorsed it', () => {
    const { setup } = artefacts.artefact
    expect(setup).toBe('dev-insecure')
    const signingKey = addressOfPrivateKey(contributorKey)
    expect(verified()).toEqual({ ok: true, value: { statement: batch.statement, signingKey } })
  })

  test('as a file, too', () => {
    const parsed = parseBatchProof(Buffer.from(batchProofText(document)))
    expect(parsed).toEqual({ ok: true, value: document })
  })

  const changes: readonly (readonly [string, Partial<BatchStatement>])[] = [
    ['another total', { total: atomic(batch.statement.total - 1n) }],
    ['another channel', { channelId: another.statement.lastDigest }],
    ['another count', { count: 15 }],
    ['another key', { usageKey: another.statement.lastDigest }],
    ['a price beyond its bits', { priceSheet: dearSheet() }],
  ]
  test.each(changes)('not for %s', (_, change) => {
    expect(verified({ statement: { ...batch.statement, ...change } })).toMatchObject({
      error: { reason: 'public_inputs_malformed' },
    })
  })

  test('not with public inputs that fit another statement, nor with another proof', () => {
    const { statement } = another
    const swapped = { ...document.proof, publicInputs: batchPublicInputs(statement) }
    expect(verified({ statement, proof: swapped })).toMatchObject({
      error: { reason: 'proof_false' },
    })
    const { proof } = ofAnother
    expect(verified({ proof: { ...document.proof, proof } })).toMatchObject({
      error: { reason: 'proof_false' },
    })
    expect(verified({ proof: ofTiny })).toMatchObject({
      error: { reason: 'verification_key_mismatch' },
    })
  })
})

function dearSheet(): BatchStatement['priceSheet'] {
  return { ...batch.statement.priceSheet, promptAtomicPerMtok: atomic(2n ** 72n) }
}

describe('on a chain', () => {
  const folder = temporaryFolder()
  let chain: EmbeddedChain
  let verifier: Contract
  beforeAll(async () => {
    chain = await startChain(folder.path)
    verifier = {
      name: 'Groth16Verifier',
      address: address(`0x${'16'.repeat(20)}`),
      abi: [
        'function verify(bytes proof, bytes32[] publicInputs) view returns (bool)',
        'function vkHash() view returns (bytes32)',
      ],
    }
    // The constructor runs on the chain, and what it leaves is put where the test looks for it.
    const data = await creationCodeOf(groth16Deployment(key()))
    const code = expectOk(await chain.rpc.call('eth_call', [{ data }, 'latest']))
    expectOk(await chain.rpc.call('anvil_setCode', [verifier.address, code]))
  })
  afterAll(async () => {
    await chain.stop()
    folder.remove()
  })

  const callOf = (proof: Hex, inputs: readonly Bytes32[]) => ({
    contract: verifier,
    functionName: 'verify',
    args: [proof, inputs],
  })
  const judged = async (proof: Hex, inputs: readonly Bytes32[]) =>
    expectOk(await readContract(chain.rpc, callOf(proof, inputs)))

  test('it holds under the key that it names, for less than 270,000 gas', async () => {
    const { proof, vkHash } = document.proof
    const inputs = batchPublicInputs(batch.statement)
    expect(await judged(proof, inputs)).toEqual([true])
    const hash = { contract: verifier, functionName: 'vkHash', args: [] }
    expect(expectOk(await readContract(chain.rpc, hash))).toEqual([vkHash])
    const data = await encodeCall(callOf(proof, inputs))
    const gas = await chain.rpc.call('eth_estimateGas', [{ to: verifier.address, data }])
    expect(Number(expectOk(gas))).toBeLessThan(270_000)
  })

  test('not with any public input changed, nor for a statement that was proved before', async () => {
    const { proof } = document.proof
    const inputs = batchPublicInputs(batch.statement)
    for (const [at, input] of inputs.entries()) {
      const changed = inputs.with(at, scalarWord((BigInt(input) + 1n) % scalarModulus))
      expect(await judged(proof, changed)).toEqual([false])
    }
    expect(await judged(proof, batchPublicInputs(another.statement))).toEqual([false])
    expect(await judged(ofAnother.proof, inputs)).toEqual([false])
    expect(await judged(ofAnother.proof, batchPublicInputs(another.statement))).toEqual([true])
  })

  test('not spelled a second time, beyond the field’s modulus', async () => {
    const [context, ...rest] = batchPublicInputs(batch.statement)
    const wrapped = hexOf((BigInt(context ?? 0) + scalarModulus).toString(16).padStart(64, '0'))
    const { proof } = document.proof
    expect(await judged(proof, [bytes32(wrapped), ...rest])).toEqual([false])
  })

  test('not by another circuit’s proof, whichever inputs are given with it', async () => {
    const inputs = batchPublicInputs(batch.statement)
    expect(await judged(ofTiny.proof, inputs)).toEqual([false])
    expect(await judged(ofTiny.proof, ofTiny.publicInputs)).toEqual([false])
  })

  test('a proof of no points is refused loudly, so that no gas estimate takes it for false', async () => {
    const words = document.proof.proof.slice(2, -2)
    const cut = await readContract(
      chain.rpc,
      callOf(hexOf(`${words}00`), batchPublicInputs(batch.statement)),
    )
    expect(cut).toMatchObject({ ok: false })
  })
})
