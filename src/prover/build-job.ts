import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok, type Result } from '../base/result.ts'
import { keccak256 } from '../chain/keccak.ts'
import type { ProofSystem } from '../proofs/proof.ts'
import { filesIn } from './artefact-files.ts'
import type { CircuitArtefact } from './circuit-artefacts.ts'
import { compilersOf, setupOf } from './circuit-place.ts'
import { buildEzkl } from './ezkl/build-ezkl.ts'
import { buildGroth16 } from './groth16/build-groth16.ts'
import type { JobContext } from './job-context.ts'
import type { BuildJob } from './job-protocol.ts'
import type { ProverFailure } from './prover-failure.ts'
import { buildUltrahonk } from './ultrahonk/build-ultrahonk.ts'

export type BuiltKeys = { readonly constraints: number; readonly publicInputs: number }

type Build = (job: BuildJob, context: JobContext) => Promise<Result<BuiltKeys, ProverFailure>>

const builds: Readonly<Record<ProofSystem, Build>> = {
  groth16: buildGroth16,
  ultrahonk: buildUltrahonk,
  ezkl: buildEzkl,
}

export async function buildJob(
  job: BuildJob,
  context: JobContext,
): Promise<Result<CircuitArtefact, ProverFailure>> {
  const { name, system, sourceSha256, outFolder } = job
  const setup = await setupOf(system, job.place)
  if (!setup.ok) return setup
  const built = await builds[system](job, context)
  if (!built.ok) return built
  const artefact: CircuitArtefact = {
    object: 'vouch.circuit',
    name,
    system,
    sourceSha256,
    compiler: compilersOf(system),
    setup: setup.value,
    ...(job.recursive ? { recursive: true } : {}),
    vkHash: keccak256(await readFile(join(outFolder, 'vk'))),
    ...built.value,
    files: await filesIn(outFolder),
  }
  await writeFile(join(outFolder, 'artefact.json'), `${JSON.stringify(artefact, null, 2)}\n`)
  return ok(artefact)
}
