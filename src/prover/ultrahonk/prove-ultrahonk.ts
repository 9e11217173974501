import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../../base/hex.ts'
import { ok, type Result } from '../../base/result.ts'
import { scalarWord, wordsOf } from '../../proofs/field.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { ProveJob } from '../job-protocol.ts'
import type { MadeProof } from '../prove-job.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { findProvers, requireFrom } from '../prover-place.ts'
import { findBb, targetOf } from './bb.ts'
import { crsFor } from './ultrahonk-crs.ts'

type NoirJs = {
  readonly Noir: new (
    program: unknown,
  ) => { readonly execute: (inputs: unknown) => Promise<{ readonly witness: Uint8Array }> }
}

export async function proveUltrahonk(
  { folder, artefact, inputs }: ProveJob,
  context: JobContext,
): Promise<Result<MadeProof, ProverFailure>> {
  const { place, workFolder, report } = context
  const provers = findProvers(place, ['@noir-lang/noir_js'])
  if (!provers.ok) return provers
  const bb = findBb(context)
  if (!bb.ok) return bb
  const crs = await crsFor(artefact.constraints, context)
  if (!crs.ok) return crs
  report('witness')
  const program = join(folder, 'circuit.json')
  const { Noir } = requireFrom(place)('@noir-lang/noir_js') as NoirJs
  const noir = new Noir(JSON.parse(await readFile(program, 'utf8')))
  try {
    const { witness } = await noir.execute(inputs)
    await writeFile(join(workFolder, 'witness.gz'), witness)
  } catch {
    // What was thrown may quote an input.
    return jobFailure('inputs_refused', 'the inputs do not satisfy the circuit')
  }
  report('proving')
  const { ok: done, how } = await bb.value([
    ...['prove', '-b', program, '-w', 'witness.gz', '-k', join(folder, 'vk')],
    ...[...targetOf(artefact), '-c', crs.value, '-o', 'proof'],
  ])
  if (!done) return jobFailure('crashed', `bb prove ended with ${how}`)
  const proofFile = await readFile(join(workFolder, 'proof', 'proof'))
  const inputsFile = await readFile(join(workFolder, 'proof', 'public_inputs'))
  return ok({ proof: toHex(proofFile), publicInputs: wordsOf(inputsFile).map(scalarWord) })
}
