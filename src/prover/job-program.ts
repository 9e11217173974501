/*
 * The process of one job: see run-job.ts for its other end. It is of lower priority than whoever asked, so that a gateway on the
 * same machine answers while a proof is made.
 */
import { rmSync, writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { constants, setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { messageOf } from '../base/message-of.ts'
import { err, type Result } from '../base/result.ts'
import { buildJob } from './build-job.ts'
import { ceremonyJob } from './ceremony/ceremony-job.ts'
import type { JobContext } from './job-context.ts'
import { type Job, type JobLine, type JobValue, jobLinesDescriptor } from './job-protocol.ts'
import { usageOfTree } from './process-tree.ts'
import { checkJob, proveJob } from './prove-job.ts'
import type { ProverFailure } from './prover-failure.ts'

const tell = (line: JobLine): void => {
  writeSync(jobLinesDescriptor, `${JSON.stringify(line)}\n`)
}

function perform(job: Job): Promise<Result<JobValue[keyof JobValue], ProverFailure>> {
  const context: JobContext = {
    place: job.place,
    workFolder: job.workFolder,
    report: (stage, fraction) =>
      tell({ line: 'progress', stage, ...(fraction === undefined ? {} : { fraction }) }),
  }
  switch (job.kind) {
    case 'build':
      return buildJob(job, context)
    case 'prove':
      return proveJob(job, context)
    case 'check':
      return checkJob(job, context)
    case 'ceremony':
      return ceremonyJob(job, context)
  }
}

/** What is thrown here is a prover's, or a mistake of ours; it may be quoted unless there are inputs, which it may quote. */
function crash(job: Job, thrown: unknown): ProverFailure {
  const told = job.kind === 'prove' ? '' : `: ${messageOf(thrown)}`
  return { reason: 'crashed', message: `the prover failed${told}` }
}

async function answer(job: Job): Promise<void> {
  const result = await perform(job).catch((thrown: unknown) => err(crash(job, thrown)))
  // The result ends this process, before Node would keep what it compiled by itself.
  flushCompileCache()
  const { cpuMs } = await usageOfTree(process.pid)
  tell({ line: 'result', result, cpuMs })
  // Provers leave threads behind that would keep the process.
  process.exit(0)
}

/** snarkjs leaves files that it has read open. Node takes the collection of such a handle for an error; it harms no job. */
const isForgottenFile = (thrown: Error): boolean =>
  thrown.message.startsWith('A FileHandle object was closed during garbage collection')

process.on('uncaughtException', (thrown) => {
  if (isForgottenFile(thrown)) return
  // Its text may quote inputs; run-job.ts tells it only where there are none.
  process.stderr.write(`${messageOf(thrown)}\n`)
  process.exit(1)
})
/** Whoever asked is gone: so is what this process had written of the inputs, and so is it, with all that it started. */
function die(job: Job | undefined): void {
  const outFolder = job !== undefined && 'outFolder' in job ? job.outFolder : ''
  for (const folder of [job?.workFolder ?? '', outFolder]) {
    if (folder !== '') rmSync(folder, { recursive: true, force: true })
  }
  process.kill(-process.pid, 'SIGKILL')
}

setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
const input = createInterface({ input: process.stdin })
let asked: Job | undefined
input.once('line', (line) => {
  asked = JSON.parse(line) as Job
  void answer(asked)
})
input.once('close', () => die(asked))
