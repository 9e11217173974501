import { expect, test } from 'vitest'
import { toHex } from '../../../src/base/hex.ts'
import { type CheckLine, joinLines } from '../../../src/client/check-line.ts'
import { anyReceipt } from '../../../src/client/check-policy.ts'
import { checkProof } from '../../../src/client/check-proof.ts'
import { checkTierEvidence } from '../../../src/client/check-tier-evidence.ts'
import { provenTiers } from '../../../src/client/proven-tiers.ts'
import { recoverSigners } from '../../../src/client/recover-signers.ts'
import { verifyReceipt } from '../../../src/client/verify-receipt.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import { inferencePublicInputs } from '../../../src/proofs/inference-inputs.ts'
import {
  keyBytes,
  manifest,
  modelIdOf,
  proof,
  provenReceipt,
  secrets,
  tensors,
} from '../../support/proven-receipt.ts'
import { verificationOf } from '../../support/signed-receipt.ts'
import { simulatedKey, simulatedProof } from '../../support/simulated-groth16.ts'

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))
const given = { manifest: bytesOf(manifest) }

const verdictsOf = (lines: readonly CheckLine[]) =>
  Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]))

const allHold = {
  proof: 'holds',
  'proof-statement': 'holds',
  'proof-key': 'holds',
  'proof-setup': 'holds',
}

test('a proof of these values by this model holds, and says how little its setup is worth', async () => {
  const lines = await checkProof(provenReceipt(), given)
  expect(verdictsOf(lines)).toEqual(allHold)
  expect(lines.at(-1)?.detail).toContain('DEV-INSECURE')
})

test('the whole receipt holds, and the tier counts once it was looked at', async () => {
  const receipt = provenReceipt()
  const asked = verificationOf(receipt, { policy: { ...anyReceipt, tiers: 64 } })
  const linesWith = async (evidence: typeof given | undefined) => {
    const verification = { ...asked, evidence: { ...asked.evidence, ...evidence } }
    const question = {
      ...{ verification, signers: recoverSigners(receipt), gateway: undefined, rpc: undefined },
    }
    return joinLines(verifyReceipt(verification), await checkTierEvidence(question))
  }
  const looked = await linesWith(given)
  expect(verdictsOf(looked)).toMatchObject({
    ...allHold,
    ...{ tiers: 'holds', evidence: 'holds', 'evidence-hash': 'holds', 'policy-tiers': 'holds' },
  })
  expect(provenTiers(receipt.receipt, looked)).toBe(1 | 2 | 64)
  const unlooked = await linesWith(undefined)
  expect(verdictsOf(unlooked)).toMatchObject({ proof: 'holds', 'policy-tiers': 'unknown' })
  expect(provenTiers(receipt.receipt, unlooked)).toBe(1 | 2)
})

test('a true proof of other values is no proof of these', async () => {
  for (const other of [
    { ...tensors, inputs: tensors.inputs.with(0, 2) },
    { ...tensors, outputs: tensors.outputs.with(1, -8) },
  ]) {
    const publicInputs = inferencePublicInputs('packed', other)
    const made = simulatedProof(secrets, publicInputs.map(BigInt), { a: 29n, b: 31n })
    const lines = await checkProof(
      provenReceipt({ proof: { ...proof, publicInputs, proof: toHex(made) } }),
      given,
    )
    expect(verdictsOf(lines)).toEqual({ ...allHold, 'proof-statement': 'fails' })
  }
})

test('public inputs that are changed to fit make the proof false', async () => {
  const other = inferencePublicInputs('packed', { ...tensors, inputs: tensors.inputs.with(0, 2) })
  const lines = await checkProof(provenReceipt({ proof: { ...proof, publicInputs: other } }), given)
  expect(verdictsOf(lines)).toMatchObject({ proof: 'fails', 'proof-statement': 'fails' })
})

test('counts of values that the proof is not about are refused', async () => {
  for (const work of [{ promptTokens: 9 }, { completionTokens: 3 }, { promptTokens: 0 }]) {
    const lines = await checkProof(provenReceipt({ changes: { work } }), given)
    expect(verdictsOf(lines)).toMatchObject({ 'proof-statement': 'fails', 'proof-key': 'fails' })
  }
})

test('a key that the model does not name proves another model', async () => {
  const ownKey = simulatedKey({ ...secrets, alpha: 4n })
  const ownSecrets = { ...secrets, alpha: 4n }
  const made = simulatedProof(ownSecrets, proof.publicInputs.map(BigInt), { a: 29n, b: 31n })
  const { keccak256 } = await import('../../../src/chain/keccak.ts')
  const own = {
    ...proof,
    vkHash: keccak256(ownKey),
    verificationKey: toHex(ownKey),
    proof: toHex(made),
  }
  const lines = await checkProof(provenReceipt({ proof: own }), given)
  expect(verdictsOf(lines)).toEqual({ ...allHold, 'proof-key': 'fails' })
})

test('the manifest must be the model’s own, and say of a circuit', async () => {
  const other = { ...manifest, id: 'other' }
  expect(verdictsOf(await checkProof(provenReceipt(), { manifest: bytesOf(other) }))).toEqual({
    ...allHold,
    'proof-key': 'fails',
  })
  const { provable: _, ...plain } = manifest
  const { proving: __, ...withoutKey } = manifest
  for (const [model, verdict] of [
    [plain, 'fails'],
    [withoutKey, 'unknown'],
    [{ ...manifest, provable: { ...manifest.provable, more: 1 } }, 'fails'],
    [{ ...manifest, provable: { ...manifest.provable, inputs: 0 } }, 'fails'],
    [{ ...manifest, provable: { ...manifest.provable, kind: 'ezkl' } }, 'fails'],
    [{ ...manifest, provable: { ...manifest.provable, setup: modelIdOf('x') } }, 'fails'],
    [{ ...manifest, proving: { vkHash: '0x12' } }, 'fails'],
  ] as const) {
    const lines = await checkProof(provenReceipt({ model }), { manifest: bytesOf(model) })
    expect(verdictsOf(lines)).toEqual({ ...allHold, 'proof-key': verdict })
  }
  const noJson = await checkProof(provenReceipt(), { manifest: Buffer.from('[') })
  expect(verdictsOf(noJson)).toMatchObject({ 'proof-key': 'fails' })
})

test('without manifest or key it is not known what was proven', async () => {
  expect(verdictsOf(await checkProof(provenReceipt(), {}))).toMatchObject({
    ...allHold,
    'proof-key': 'unknown',
  })
  const { verificationKey: _, ...bare } = proof
  const receipt = provenReceipt({ proof: bare })
  expect(verdictsOf(await checkProof(receipt, given))).toMatchObject({ proof: 'unknown' })
  const verificationKey = keyBytes
  expect(verdictsOf(await checkProof(receipt, { ...given, verificationKey }))).toEqual(allHold)
})

test('a proof of ezkl is not believed without a node that judges it', async () => {
  const ezkl = {
    ...proof,
    system: 'ezkl',
    publicInputs: inferencePublicInputs('ezkl', tensors),
  }
  const [itself, statement] = await checkProof(provenReceipt({ proof: ezkl }), given)
  expect(itself).toMatchObject({ check: 'proof', verdict: 'unknown' })
  expect(itself?.detail).toContain('judged by the contract that ezkl writes')
  expect(statement).toMatchObject({ check: 'proof-statement', verdict: 'holds' })
})

test('a development setup is worth nothing on a chain that is none', async () => {
  const receipt = provenReceipt({ changes: { place: { chainId: 8453 } } })
  expect(verdictsOf(await checkProof(receipt, given))).toEqual({
    ...allHold,
    'proof-setup': 'fails',
  })
})

test('a proof of another setup than the model’s is refused', async () => {
  const lines = await checkProof(
    provenReceipt({ proof: { ...proof, setup: bytes32(`0x${'5e'.repeat(32)}`) } }),
    given,
  )
  expect(verdictsOf(lines)).toEqual({ ...allHold, 'proof-key': 'fails' })
})

test('tier 64 without a proof that can be read fails', async () => {
  for (const none of [null, {}, { ...proof, vkHash: '0x' }, { ...proof, extra: 1 }]) {
    const lines = await checkProof(provenReceipt({ proof: none }), given)
    expect(verdictsOf(lines)).toEqual({ proof: 'fails' })
  }
})
