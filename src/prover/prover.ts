/*
 * Circuits are built and proofs made here, each in a process of its own:
 *
 *   buildCircuit(source) → artefacts        compile, keys, and for ultrahonk the verifier contract
 *   prove({ artefacts, inputs }) → proof    witness, proof, and its verification before anybody sees it
 *   checkProof({ artefacts, proof })        verification by the prover's own program, for ezkl
 *
 * A job ends in one of three ways: with its value, with a `ProverFailure`, or with the death of the process that asked for it,
 * which its own processes notice. Whatever a prover does, a crash or a hang or 20 GB of memory, is a failure of the job alone.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ok, type Result } from '../base/result.ts'
import type { Proof } from '../proofs/proof.ts'
import type { CircuitArtefact, CircuitArtefacts } from './circuit-artefacts.ts'
import { artefactsFolder } from './circuit-place.ts'
import { type CircuitSource, circomOptimizationOf, sourceHash } from './circuit-source.ts'
import type { JobOptions } from './job-bounds.ts'
import { jobFailure } from './job-failure.ts'
import type { ProverFailure } from './prover-failure.ts'
import { defaultProverPlace } from './prover-place.ts'
import { runJob } from './run-job.ts'

export type InputValue =
  | string
  | number
  | boolean
  | readonly InputValue[]
  | { readonly [name: string]: InputValue }

/** By the name of the signal or parameter; field elements as decimal or 0x text. ezkl: its own `{ input_data: [[…]] }`. */
export type CircuitInputs = Readonly<Record<string, InputValue>>

export type ProveTask = { readonly artefacts: CircuitArtefacts; readonly inputs: CircuitInputs }

/** Takes what was built before from the same source, with the same compilers and setup, where it is there. */
export async function buildCircuit(
  source: CircuitSource,
  options: JobOptions = {},
): Promise<Result<CircuitArtefacts, ProverFailure>> {
  const { place = defaultProverPlace } = options
  const { name, system, files, entry } = source
  const sourceSha256 = sourceHash(source)
  const folder = await artefactsFolder(source, place)
  const present = await openArtefacts(folder)
  if (present.ok) return present
  const outFolder = join(place.zkHome, `unfinished-${randomBytes(8).toString('hex')}`)
  await mkdir(outFolder, { recursive: true })
  try {
    const built = await runJob<'build'>(async (workFolder) => {
      await writeSource(join(workFolder, 'source'), files)
      const circomOptimization = circomOptimizationOf(source)
      return {
        ...{ kind: 'build', place, workFolder, name, system, entry },
        ...{ circomOptimization, sourceSha256, outFolder },
      }
    }, options)
    if (!built.ok) return built
    // Another process may have built the same meanwhile: its folder is as good, and rename takes no folder's place.
    await rename(outFolder, folder).catch(() => undefined)
    return await openArtefacts(folder)
  } finally {
    await rm(outFolder, { recursive: true, force: true })
  }
}

async function writeSource(folder: string, files: CircuitSource['files']): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
}

/** Of a folder that was built: here, or by who publishes a model. Its files are checked when they are used. */
export async function openArtefacts(
  folder: string,
): Promise<Result<CircuitArtefacts, ProverFailure>> {
  try {
    const text = await readFile(join(folder, 'artefact.json'), 'utf8')
    const artefact = JSON.parse(text) as CircuitArtefact
    if (artefact.object === 'vouch.circuit') return ok({ folder, artefact })
  } catch {
    // Told below: whatever it is that cannot be read, it is no artefact.
  }
  return jobFailure('artefacts_damaged', `${folder} has no artefact.json of a circuit`)
}

/** The proof holds: it was verified in the process that made it. */
export function prove(
  { artefacts, inputs }: ProveTask,
  options: JobOptions = {},
): Promise<Result<Proof, ProverFailure>> {
  const { place = defaultProverPlace } = options
  return runJob<'prove'>(
    async (workFolder) => ({ kind: 'prove', place, workFolder, ...artefacts, inputs }),
    options,
  )
}

/** Whether a proof holds under a circuit's key. Only ezkl's need it: what others make `proofs/verify-proof.ts` verifies. */
export function checkProof(
  { artefacts, proof }: { readonly artefacts: CircuitArtefacts; readonly proof: Proof },
  options: JobOptions = {},
): Promise<Result<true, ProverFailure>> {
  const { place = defaultProverPlace } = options
  return runJob<'check'>(
    async (workFolder) => ({ kind: 'check', place, workFolder, ...artefacts, proof }),
    options,
  )
}
