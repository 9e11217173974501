import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok, type Result } from '../../base/result.ts'
import type { BuiltKeys } from '../build-job.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { BuildJob } from '../job-protocol.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { loadBn254 } from '../tau/bn254-wasm.ts'
import { compileCircom } from './compile-circom.ts'
import { writeDevZkey } from './dev-zkey.ts'
import { readR1cs } from './read-r1cs.ts'
import { verificationKeyOf } from './zkey-format.ts'

/** `circuit.r1cs`, `circuit.sym`, `circuit.wasm`, `pk` and `vk` in the job's folder for what is built. */
export async function buildGroth16(
  job: BuildJob,
  context: JobContext,
): Promise<Result<BuiltKeys, ProverFailure>> {
  if (context.place.ceremony !== undefined) {
    return jobFailure('setup_unusable', `no keys of a ceremony for ${job.name}: see 'vouch zk'`)
  }
  const compiled = await compileCircom(job, context)
  if (!compiled.ok) return compiled
  const inOut = (name: string) => join(job.outFolder, name)
  const r1cs = readR1cs(await readFile(inOut('circuit.r1cs')))
  if (!r1cs.ok) return jobFailure('source_refused', r1cs.error)
  if (r1cs.value.publicWires === 0) {
    return jobFailure(
      'source_refused',
      'the circuit has no public input or output: it states nothing',
    )
  }
  context.report('keys')
  writeDevZkey(inOut('pk'), r1cs.value, {
    wasm: await loadBn254(context.place),
    onFraction: (fraction) => context.report('keys', fraction),
  })
  const vk = verificationKeyOf(await readFile(inOut('pk')))
  if (!vk.ok) return jobFailure('crashed', vk.error)
  await writeFile(inOut('vk'), vk.value)
  return ok({ constraints: r1cs.value.constraints, publicInputs: r1cs.value.publicWires })
}
