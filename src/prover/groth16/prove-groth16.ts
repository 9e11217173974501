import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Hex, hexOf } from '../../base/hex.ts'
import { ok, type Result } from '../../base/result.ts'
import { scalarWord } from '../../proofs/field.ts'
import { type JobContext, runProgram } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { ProveJob } from '../job-protocol.ts'
import type { MadeProof } from '../prove-job.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { findProvers, type ProverPlace, requireFrom } from '../prover-place.ts'

type Groth16Json = {
  readonly pi_a: readonly string[]
  readonly pi_b: readonly (readonly string[])[]
  readonly pi_c: readonly string[]
}

type Snarkjs = {
  readonly wtns: {
    readonly calculate: (inputs: unknown, wasm: string, witness: string) => Promise<void>
  }
  readonly groth16: {
    readonly prove: (
      zkey: string,
      witness: string,
    ) => Promise<{ readonly proof: Groth16Json; readonly publicSignals: readonly string[] }>
  }
}

export async function proveGroth16(
  { folder, inputs }: ProveJob,
  { place, workFolder, report }: JobContext,
): Promise<Result<MadeProof, ProverFailure>> {
  const provers = findProvers(place, ['snarkjs'])
  if (!provers.ok) return provers
  const snarkjs = requireFrom(place)('snarkjs') as Snarkjs
  const witness = join(workFolder, 'witness.wtns')
  report('witness')
  try {
    await snarkjs.wtns.calculate(inputs, join(folder, 'circuit.wasm'), witness)
  } catch {
    // What was thrown may quote an input.
    return jobFailure('inputs_refused', 'the inputs do not satisfy the circuit')
  }
  report('proving')
  const key = join(folder, 'pk')
  const made =
    place.rapidsnark === undefined
      ? ok(await snarkjs.groth16.prove(key, witness))
      : await proveByRapidsnark(place.rapidsnark, { key, witness, workFolder })
  if (!made.ok) return made
  const { proof, publicSignals } = made.value
  return ok({
    proof: proofBytes(proof),
    publicInputs: publicSignals.map((signal) => scalarWord(BigInt(signal))),
  })
}

async function proveByRapidsnark(
  program: NonNullable<ProverPlace['rapidsnark']>,
  files: { readonly key: string; readonly witness: string; readonly workFolder: string },
): Promise<
  Result<{ readonly proof: Groth16Json; readonly publicSignals: readonly string[] }, ProverFailure>
> {
  const [proofFile, publicFile] = ['proof.json', 'public.json']
  const args = [files.key, files.witness, proofFile, publicFile]
  const { ok: done, how } = await runProgram(program, args, { cwd: files.workFolder })
  if (!done) return jobFailure('crashed', `rapidsnark ended with ${how}`)
  const read = async (name: string) =>
    JSON.parse(await readFile(join(files.workFolder, name), 'utf8'))
  return ok({ proof: await read(proofFile), publicSignals: await read(publicFile) })
}

/** EIP-197 has the imaginary part of a coordinate first, snarkjs the real one. */
function proofBytes({ pi_a, pi_b, pi_c }: Groth16Json): Hex {
  const [a, c] = [pi_a.slice(0, 2), pi_c.slice(0, 2)]
  const b = pi_b.slice(0, 2).flatMap((coordinate) => [...coordinate].reverse())
  return hexOf(
    [...a, ...b, ...c].map((word) => BigInt(word).toString(16).padStart(64, '0')).join(''),
  )
}
