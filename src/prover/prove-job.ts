import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hex } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import { keccak256 } from '../chain/keccak.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { Proof, ProofSystem } from '../proofs/proof.ts'
import { verifyProof } from '../proofs/verify-proof.ts'
import { fileSha256 } from './artefact-files.ts'
import type { CircuitArtefact } from './circuit-artefacts.ts'
import { checkEzkl, proveEzkl } from './ezkl/prove-ezkl.ts'
import { proveGroth16 } from './groth16/prove-groth16.ts'
import type { JobContext } from './job-context.ts'
import { jobFailure } from './job-failure.ts'
import type { CheckJob, ProveJob } from './job-protocol.ts'
import type { ProverFailure } from './prover-failure.ts'
import { proveUltrahonk } from './ultrahonk/prove-ultrahonk.ts'

export type MadeProof = { readonly proof: Hex; readonly publicInputs: readonly Bytes32[] }

type Prove = (job: ProveJob, context: JobContext) => Promise<Result<MadeProof, ProverFailure>>

const proves: Readonly<Record<ProofSystem, Prove>> = {
  groth16: proveGroth16,
  ultrahonk: proveUltrahonk,
  ezkl: proveEzkl,
}

/** The proof is verified before it is given away: a prover's fault, or its keys', ends here and not before a contract. */
export async function proveJob(
  job: ProveJob,
  context: JobContext,
): Promise<Result<Proof, ProverFailure>> {
  const { artefact, folder } = job
  const intact = await checkFiles(folder, artefact)
  if (!intact.ok) return intact
  const made = await proves[artefact.system](job, context)
  if (!made.ok) return made
  const proof: Proof = {
    object: 'vouch.proof',
    system: artefact.system,
    circuit: artefact.name,
    vkHash: artefact.vkHash,
    setup: artefact.setup,
    publicInputs: made.value.publicInputs,
    proof: made.value.proof,
  }
  context.report('verifying')
  const holds = await checkProof({ folder, artefact, proof }, context)
  return holds.ok ? ok(proof) : holds
}

export async function checkJob(
  job: CheckJob,
  context: JobContext,
): Promise<Result<true, ProverFailure>> {
  const intact = await checkFiles(job.folder, job.artefact)
  if (!intact.ok) return intact
  context.report('verifying')
  return checkProof(job, context)
}

async function checkProof(
  checked: Pick<CheckJob, 'folder' | 'artefact' | 'proof'>,
  context: JobContext,
): Promise<Result<true, ProverFailure>> {
  const { folder, artefact, proof } = checked
  if (proof.vkHash !== artefact.vkHash || proof.setup !== artefact.setup) {
    return jobFailure('proof_false', 'the proof is of another circuit, or of another setup')
  }
  // The circuit that it is for verifies it; this package has no verifier of that flavour.
  if (artefact.recursive) return ok(true)
  if (artefact.system === 'ezkl') {
    const taken = await checkEzkl(checked, context)
    if (!taken.ok) return taken
    return taken.value ? ok(true) : jobFailure('proof_false', 'ezkl does not take the proof')
  }
  const verdict = verifyProof(proof, { verificationKey: await readFile(join(folder, 'vk')) })
  return verdict.ok ? ok(true) : jobFailure('proof_false', verdict.error.detail)
}

/** What was built is what is used: a changed key gives proofs of something else, or takes hours to give none. */
async function checkFiles(
  folder: string,
  { files, vkHash }: CircuitArtefact,
): Promise<Result<true, ProverFailure>> {
  for (const [name, { sha256 }] of Object.entries(files)) {
    const found = await fileSha256(join(folder, name)).catch(() => undefined)
    if (found !== sha256) {
      const what = found === undefined ? 'is missing' : 'is another than was built'
      return jobFailure('artefacts_damaged', `${name} in ${folder} ${what}`)
    }
  }
  if (keccak256(await readFile(join(folder, 'vk'))) === vkHash) return ok(true)
  return jobFailure('artefacts_damaged', `the key in ${folder} is not the one of artefact.json`)
}
