import { copyFile, cp, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ok, type Result } from '../../base/result.ts'
import type { BuiltKeys } from '../build-job.ts'
import { type JobContext, runProgram } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { BuildJob } from '../job-protocol.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { findProvers } from '../prover-place.ts'
import { loadBn254 } from '../tau/bn254-wasm.ts'
import { writeDevZkey } from './dev-zkey.ts'
import { readR1cs } from './read-r1cs.ts'
import { verificationKeyOf } from './zkey-format.ts'

/** `circuit.r1cs`, `circuit.sym`, `circuit.wasm`, `pk` and `vk` in the job's folder for what is built. */
export async function buildGroth16(
  job: BuildJob,
  context: JobContext,
): Promise<Result<BuiltKeys, ProverFailure>> {
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

/** `circuit.r1cs`, `circuit.sym` and `circuit.wasm`. */
async function compileCircom(
  { entry, circomOptimization, outFolder }: BuildJob,
  { place, workFolder, report }: JobContext,
): Promise<Result<true, ProverFailure>> {
  const provers = findProvers(place, ['circom2', 'circomlib', 'snarkjs'])
  if (!provers.ok) return provers
  report('compiling')
  // The compiler runs in WASI, which sees what lies under its working folder.
  await cp(join(provers.value('circomlib'), 'circuits'), join(workFolder, 'circomlib'), {
    recursive: true,
  })
  const args = [
    join(provers.value('circom2'), 'cli.js'),
    ...[join('source', entry), '--r1cs', '--wasm', '--sym', `--O${circomOptimization}`],
    ...['-l', 'circomlib', '-o', '.'],
  ]
  const { ok: done, text, how } = await runProgram(process.execPath, args, { cwd: workFolder })
  if (!done) return jobFailure('source_refused', `circom (${how}): ${withoutColours(text)}`)
  const name = basename(entry, '.circom')
  await copyFile(join(workFolder, `${name}_js`, `${name}.wasm`), join(outFolder, 'circuit.wasm'))
  for (const kind of ['r1cs', 'sym']) {
    await copyFile(join(workFolder, `${name}.${kind}`), join(outFolder, `circuit.${kind}`))
  }
  return ok(true)
}

const withoutColours = (text: string): string =>
  text.replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '')
