/* What the parts of a job have at hand, inside of its process. */
import { spawn } from 'node:child_process'
import type { ProverStage } from './job-bounds.ts'
import { compilerTextBytesMax } from './limits.ts'
import type { ProverPlace } from './prover-place.ts'

export type JobContext = {
  readonly place: ProverPlace
  readonly workFolder: string
  readonly report: (stage: ProverStage, fraction?: number) => void
}

export type ProgramEnd = {
  readonly ok: boolean
  /** The end of what it printed. For the eyes of whoever wrote the source: a prover's words may quote inputs. */
  readonly text: string
  /** Exit code or signal. */
  readonly how: string
}

/** In this process's group, so that it dies with it. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd }: { readonly cwd: string },
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    const keep = (chunk: Buffer) => {
      text = `${text}${chunk}`.slice(-compilerTextBytesMax)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (error) => resolve({ ok: false, text: error.message, how: 'not started' }))
    child.once('close', (code, signal) =>
      resolve({ ok: code === 0, text: text.trim(), how: signal ?? `exit code ${code}` }),
    )
  })
}
