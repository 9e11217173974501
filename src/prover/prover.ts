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
import { join } from 'node:path'
import type { Result } from '../base/result.ts'
import type { Proof } from '../proofs/proof.ts'
import { fillFolder, openArtefacts } from './artefacts-folder.ts'
import type { CircuitArtefacts } from './circuit-artefacts.ts'
import { artefactsFolder, setupOf } from './circuit-place.ts'
import { type CircuitSource, circomOptimizationOf, sourceHash } from './circuit-source.ts'
import type { JobOptions } from './job-bounds.ts'
import { jobFailure } from './job-failure.ts'
import type { ProverFailure } from './prover-failure.ts'
import { defaultProverPlace, type ProverPlace } from './prover-place.ts'
import { runJob } from './run-job.ts'
import { writeSource } from './write-source.ts'

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
  const { name, system, entry } = source
  const sourceSha256 = sourceHash(source)
  const setup = await setupOf(system, place)
  if (!setup.ok) return setup
  const folder = artefactsFolder(source, { zkHome: place.zkHome, setup: setup.value })
  const present = await openArtefacts(folder)
  if (present.ok) return present
  return fillFolder(folder, (outFolder) =>
    runJob<'build'>(async (workFolder) => {
      await writeSource(join(workFolder, 'source'), source)
      const circomOptimization = circomOptimizationOf(source)
      return {
        ...{ kind: 'build', place, workFolder, name, system, entry },
        ...{ circomOptimization, sourceSha256, outFolder },
        ...(source.recursive ? { recursive: true } : {}),
      }
    }, options),
  )
}

/** The proof holds: it was verified in the process that made it. */
export async function prove(
  { artefacts, inputs }: ProveTask,
  options: JobOptions = {},
): Promise<Result<Proof, ProverFailure>> {
  const { place = defaultProverPlace } = options
  const fault = await setupFault(artefacts, place)
  if (fault !== undefined) return fault
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

/** Keys of a ceremony and keys that everybody can forge with are never used in one place. */
async function setupFault(
  { artefact, folder }: CircuitArtefacts,
  place: ProverPlace,
): Promise<Result<never, ProverFailure> | undefined> {
  const setup = await setupOf(artefact.system, place)
  if (!setup.ok) return setup
  if (setup.value === artefact.setup) return undefined
  const message = `${folder} has keys of ${artefact.setup}, this place is for ${setup.value}`
  return jobFailure('setup_unusable', message)
}
