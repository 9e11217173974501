import { copyFile, cp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ok, type Result } from '../../base/result.ts'
import { type JobContext, runProgram } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { BuildJob } from '../job-protocol.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { findProvers } from '../prover-place.ts'

type Compilation = Pick<BuildJob, 'entry' | 'circomOptimization' | 'outFolder'>

/** `circuit.r1cs`, `circuit.sym` and `circuit.wasm`. */
export async function compileCircom(
  { entry, circomOptimization, outFolder }: Compilation,
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
