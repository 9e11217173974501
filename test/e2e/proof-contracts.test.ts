/*
 * Models, usage and membership on a real chain, by the callers of src/chain: verifiers are Groth16Verifiers of keys whose
 * secrets are known, so that any statement can be proven, and everything around the circuit is real.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Hex, hexOf, toHex } from '../../src/base/hex.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import { encodeTensor } from '../../src/base/wire-tensor.ts'
import { type Contract, type ContractCall, readContract } from '../../src/chain/contracts.ts'
import { type Deployment, deployOnce } from '../../src/chain/deployment.ts'
import {
  groth16VerifierAbi,
  groth16VerifierBytecode,
} from '../../src/chain/generated/groth16-verifier.ts'
import { membershipProofsAbi } from '../../src/chain/generated/membership-proofs.ts'
import { tierEvidenceAbi, tierEvidenceBytecode } from '../../src/chain/generated/tier-evidence.ts'
import { keccak256, keccak256Hex, keccak256Utf8 } from '../../src/chain/keccak.ts'
import {
  membershipProofsDeployment,
  membershipScope,
  readIsUsed,
} from '../../src/chain/membership-proofs.ts'
import {
  closeRequestCall,
  modelProofsAt,
  proveInferenceCall,
} from '../../src/chain/model-proofs.ts'
import { recoverPublicKey, signDigest } from '../../src/chain/signatures.ts'
import { simulateCall } from '../../src/chain/simulate-call.ts'
import { hashWord } from '../../src/chain/typed-data.ts'
import {
  proveUsageCall,
  readAuditedTotal,
  usageProofsDeployment,
} from '../../src/chain/usage-proofs.ts'
import {
  type Address,
  atomic,
  type Bytes32,
  unixSeconds,
  zeroAddress,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { inferencePublicInputs } from '../../src/proofs/inference-inputs.ts'
import { type UsageStatement, usagePublicInputs } from '../../src/proofs/usage-statement.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type Secrets, simulatedKey, simulatedProof } from '../support/simulated-groth16.ts'
import {
  type SlashingParty,
  type SlashingPlace,
  startSlashingPlace,
} from '../support/slashing-place.ts'

let at: SlashingPlace
let gateway: SlashingParty
let contributor: SlashingParty

beforeAll(async () => {
  at = await startSlashingPlace()
  gateway = await at.newParty('gateway')
  contributor = await at.newParty('contributor')
}, 60_000)
afterAll(() => at?.stop())

const secretsFor = (inputs: number, seed: bigint): Secrets => ({
  alpha: seed,
  beta: seed + 2n,
  gamma: seed + 5n,
  delta: seed + 11n,
  inputs: Array.from({ length: inputs + 1 }, (_, index) => seed + 101n + BigInt(index)),
})

const keyOf = (secrets: Secrets): Hex => toHex(simulatedKey(secrets))
const proofOf = (secrets: Secrets, inputs: readonly Bytes32[], a = 29n): Hex =>
  toHex(simulatedProof(secrets, inputs.map(BigInt), { a, b: 31n }))

const verifierOf = (verificationKey: Hex): Deployment => ({
  name: 'Groth16Verifier',
  abi: groth16VerifierAbi,
  bytecode: groth16VerifierBytecode,
  args: [verificationKey],
})

const deployed = async (deployment: Deployment): Promise<Address> =>
  expectOk(await deployOnce(at.rpc, gateway.operator, deployment))

function publicKeyOf({ signingKey }: SlashingParty): Hex {
  const digest = keccak256Utf8('whatever')
  return recoverPublicKey(digest, signDigest(digest, signingKey)) ?? '0x'
}

/** The name of the error that a call would revert by; undefined: it would not. */
async function refusalOf(call: ContractCall): Promise<string | undefined> {
  const from = gateway.operator.address
  const failure = await simulateCall(at.rpc, { ...call, from })
  if (failure === undefined) return undefined
  return failure.reason === 'reverted' ? failure.error.split('(')[0] : failure.reason
}

describe('a model', () => {
  const [right, other] = [secretsFor(2, 1_009n), secretsFor(2, 5_003n)]
  const inputs = Int32Array.of(-5, 7)
  const outputs = Int32Array.of(3)
  const publicInputs = inferencePublicInputs('packed', { inputs, outputs })
  let models: Contract
  let tierEvidence: Address
  const modelIds: Bytes32[] = []

  const encoded = (tensor: Int32Array): string => toHex(encodeTensor(tensor)).slice(2)
  /** abi.encode(int256[], int256[], bytes), by the tensors' own wire form. */
  function packed(proof: Hex, of: { readonly inputs: Int32Array; readonly outputs: Int32Array }) {
    const bytes = proof.slice(2)
    const parts = [encoded(of.inputs).slice(64), encoded(of.outputs).slice(64)]
    const length = (bytes.length / 2).toString(16).padStart(64, '0')
    const tail = [...parts, length + bytes.padEnd(Math.ceil(bytes.length / 64) * 64, '0')]
    let place = 3 * 32
    const heads = tail.map((part) => {
      const head = place.toString(16).padStart(64, '0')
      place += part.length / 2
      return head
    })
    return hexOf([...heads, ...tail].join(''))
  }
  const statement = (modelId: Bytes32) => ({
    modelId,
    inputHash: `0x${sha256Hex(encodeTensor(inputs))}` as Bytes32,
    contentHash: keccak256(encodeTensor(outputs)) as Bytes32,
  })

  beforeAll(async () => {
    const place = at.chain.addresses()['ModelProofs']
    models = modelProofsAt(place ?? zeroAddress)
    tierEvidence = await deployed({
      ...{ name: 'TierEvidence', abi: tierEvidenceAbi, bytecode: tierEvidenceBytecode },
      args: [zeroAddress, models.address],
    })
    for (const [index, secrets] of [right, other].entries()) {
      const verifier = await deployed(verifierOf(keyOf(secrets)))
      const code = String(expectOk(await at.rpc.call('eth_getCode', [verifier, 'latest'])))
      const codeHash = keccak256Hex(code.slice(2))
      const text = [`{"id":"model-${index}",`, '}']
      const member = `"provable":{"codeHash":"${codeHash}","inputs":2,"kind":"packed","outputs":1,"setup":"dev-insecure"}`
      const terms = { verifier, kind: 1, inputs: 2, outputs: 1, codeHash, setup: zeroBytes32 }
      const [prefix, suffix] = text.map((part) => toHex(Buffer.from(part)))
      await at.send(gateway.operator, models, 'register', prefix, terms, suffix)
      modelIds.push(keccak256Utf8(`${text[0]}${member}${text[1]}`))
    }
  })

  test('is proven by its own proof of its own values, and by nothing else', async () => {
    const [modelId, otherId] = modelIds as [Bytes32, Bytes32]
    const proof = proofOf(right, publicInputs)
    const call = (proven: Hex, of = modelId) =>
      proveInferenceCall(tierEvidence, statement(of), proven)
    const good = packed(proof, { inputs, outputs })
    expect(await refusalOf(call(good))).toBeUndefined()
    // Another model's proof, this proof for another model, wrong public inputs, no proof.
    const foreign = packed(proofOf(other, publicInputs), { inputs, outputs })
    expect(await refusalOf(call(foreign))).toBe('ProofRefused')
    expect(await refusalOf(call(good, otherId))).toBe('ProofRefused')
    const lied = packed(proof, { inputs, outputs: Int32Array.of(4) })
    expect(await refusalOf(call(lied))).toBe('ProofRefused')
    expect(await refusalOf(call(packed('0x', { inputs, outputs })))).toBe('ProofRefused')
    await at.send(gateway.operator, call(good).contract, 'proveInference', ...call(good).args)
    // Replayed, it says the same once more and no later than before.
    await at.wait(60)
    const again = packed(proofOf(right, publicInputs, 37n), { inputs, outputs })
    await at.send(gateway.operator, call(again).contract, 'proveInference', ...call(again).args)
    const { inputHash, contentHash } = statement(modelId)
    const provenAt = {
      ...call(good),
      functionName: 'provenAt',
      args: [modelId, inputHash, contentHash],
    }
    const [since] = expectOk(await readContract(at.rpc, provenAt)) as [bigint]
    expect(Number(since)).toBeLessThan((await at.nowS()) - 59)
  })

  test('has no verifier with a dummy key, nor one that its manifest does not name', async () => {
    const dummy = { ...right, delta: right.gamma }
    const refused = await deployOnce(at.rpc, gateway.operator, verifierOf(keyOf(dummy)))
    expect(refused).toMatchObject({ ok: false })
    const verifier = await deployed(verifierOf(keyOf(other)))
    const terms = {
      verifier,
      kind: 1,
      inputs: 2,
      outputs: 1,
      codeHash: zeroBytes32,
      setup: zeroBytes32,
    }
    const args = [toHex(Buffer.from('{')), terms, toHex(Buffer.from('}'))]
    const register = { contract: models, functionName: 'register', args }
    expect(await refusalOf(register)).toBe('CodeMismatch')
  })

  test('nobody has a bond that was never given', async () => {
    const [modelId] = modelIds as [Bytes32]
    const { slashing } = at.contracts
    const call = closeRequestCall(slashing.address, gateway.operator.address, statement(modelId))
    expect(await refusalOf(call)).toBe('ProofNotRequested')
  })
})

describe('usage', () => {
  const secrets = secretsFor(76, 7_001n)
  let usage: Address

  beforeAll(async () => {
    usage = await deployed(
      usageProofsDeployment({
        contributors: at.contracts.contributors.address,
        gateways: at.contracts.gateways.address,
        receiptAnchor: at.contracts.receiptAnchor.address,
        receiptVerifier: at.contracts.verifier.address,
        circuits: {
          batch: await deployed(verifierOf(keyOf(secrets))),
          ...{ tree: zeroAddress, batchKey: zeroBytes32, treeKey: zeroBytes32 },
        },
      }),
    )
  })

  test('of consecutive batches adds up, and a batch that lies is refused', async () => {
    const first = await submission(1, 16)
    const second = await submission(17, 3)
    const lied = { ...first, statement: { ...first.statement, priced: atomic(1n) } }
    expect(await refusalOf(proveUsageCall(usage, lied))).toBe('ProofRefused')
    for (const one of [first, second]) {
      const { contract, args } = proveUsageCall(usage, one)
      await at.send(contributor.operator, contract, 'prove', ...args)
    }
    expect(await refusalOf(proveUsageCall(usage, first))).toBe('AlreadyProven')
    const channel = { gateway: gateway.operator.address, channelId: keccak256Utf8('channel') }
    const total = await readAuditedTotal(at.rpc, usage, { ...channel, boundaries: [1, 17, 20] })
    expect(expectOk(total)).toEqual({ total: 190n, unsignedTotal: 0n })
    const gap = await readAuditedTotal(at.rpc, usage, { ...channel, boundaries: [1, 20] })
    expect(gap).toMatchObject({ ok: false, error: { reason: 'reverted' } })
  })

  const digestAt = (seq: number) => (seq === 0 ? zeroBytes32 : keccak256Utf8(`receipt ${seq}`))
  let batches = 0

  async function submission(firstSeq: number, count: number) {
    const lastDigest = digestAt(firstSeq + count - 1)
    const lastFinishedAt = unixSeconds((await at.nowS()) - 60)
    const [separator] = expectOk(
      await readContract(at.rpc, {
        ...{ contract: at.contracts.verifier, functionName: 'domainSeparator', args: [] },
      }),
    ) as [Bytes32]
    const statement: UsageStatement = {
      domainSeparator: separator,
      channelId: keccak256Utf8('channel'),
      gateway: gateway.operator.address,
      asset: at.asset.address,
      firstSeq,
      count,
      total: atomic(10n * BigInt(count)),
      priced: atomic(10n * BigInt(count)),
      cumulative: atomic(10n * BigInt(firstSeq + count - 1)),
      unsignedCount: 0,
      unsignedTotal: atomic(0n),
      lastFinishedAt,
      previousDigest: digestAt(firstSeq - 1),
      lastDigest,
      priceHashes: [keccak256Utf8('sheet')],
      signers: [
        {
          contributor: contributor.operator.address,
          publicKey: publicKeyOf(contributor),
          firstFinishedAt: unixSeconds(lastFinishedAt - 30),
          lastFinishedAt,
        },
      ],
    }
    const root = keccak256Hex(hashWord(lastDigest))
    await at.send(gateway.operator, at.contracts.receiptAnchor, 'anchor', root, 1, batches++)
    const gatewaySignature = signDigest(lastDigest, gateway.signingKey)
    const proof = proofOf(secrets, usagePublicInputs(statement))
    return { statement, last: { root, path: [], gatewaySignature }, proof, isTree: false }
  }
})

test('what a membership is for is computed here as on the chain', async () => {
  const place = await deployed(
    membershipProofsDeployment({
      gateways: at.contracts.gateways.address,
      receiptAnchor: at.contracts.receiptAnchor.address,
      receiptVerifier: at.contracts.verifier.address,
      proofVerifier: await deployed(verifierOf(keyOf(secretsFor(19, 9_001n)))),
    }),
  )
  const purpose = keccak256Utf8('one each')
  const consumer = contributor.operator.address
  const use = { chainId: at.place.chainId, membershipProofs: place, consumer, purpose }
  const contract = { name: 'MembershipProofs', address: place, abi: membershipProofsAbi }
  const scope = { contract, functionName: 'scopeOf', args: [consumer, purpose] }
  expect(expectOk(await readContract(at.rpc, scope))).toEqual([membershipScope(use)])
  expect(expectOk(await readIsUsed(at.rpc, use, keccak256Utf8('nullifier')))).toBe(false)
})
