import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ok, type Result } from '../base/result.ts'
import { keccak256 } from '../chain/keccak.ts'
import { type Bytes32, bytes32 } from '../domain/units.ts'
import type { ProofSystem } from '../proofs/proof.ts'
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
  const built = await builds[system](job, context)
  if (!built.ok) return built
  const artefact: CircuitArtefact = {
    object: 'vouch.circuit',
    name,
    system,
    sourceSha256,
    compiler: compilersOf(system),
    setup: await setupOf(system, job.place),
    vkHash: keccak256(await readFile(join(outFolder, 'vk'))),
    ...built.value,
    files: await filesIn(outFolder),
  }
  await writeFile(join(outFolder, 'artefact.json'), `${JSON.stringify(artefact, null, 2)}\n`)
  return ok(artefact)
}

async function filesIn(folder: string): Promise<CircuitArtefact['files']> {
  const names = (await readdir(folder)).sort()
  const entries = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      return [name, { bytes: (await stat(path)).size, sha256: await fileSha256(path) }] as const
    }),
  )
  return Object.fromEntries(entries)
}

/** A proving key may be larger than what should lie in memory for this. */
export async function fileSha256(path: string): Promise<Bytes32> {
  const digest = createHash('sha256')
  await pipeline(createReadStream(path), digest)
  return bytes32(`0x${digest.digest('hex')}`)
}
