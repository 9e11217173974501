/*
 * One job in a process of its own, and everything that can end it:
 *
 *   STARTED --its result--> ENDED            the result
 *           --abort--> ENDED                 cancelled
 *           --timer--> ENDED                 timed_out
 *           --memory over the bound--> ENDED memory_exceeded
 *           --it ends by itself--> ENDED     crashed
 *
 * On each of these edges the whole process group is killed, and the job has ended only when its processes are gone and its
 * folder, where a witness may lie, is removed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { err, type Result } from '../base/result.ts'
import type { JobOptions, ProverCost, ProverStage } from './job-bounds.ts'
import { type Job, type JobLine, type JobValue, jobLinesDescriptor } from './job-protocol.ts'
import { compilerTextBytesMax, jobTimeoutDefaultMs, memoryLookIntervalMs } from './limits.ts'
import { memoryIsWatched, usageOfTree } from './process-tree.ts'
import type { ProverFailure } from './prover-failure.ts'

const program = join(import.meta.dirname, 'job-program.ts')

type Ended<K extends Job['kind']> = Result<JobValue[K], ProverFailure>

/** `jobIn` is given the job's own folder, which is there while the job runs. */
export async function runJob<K extends Job['kind']>(
  jobIn: (workFolder: string) => Promise<Extract<Job, { readonly kind: K }>>,
  options: JobOptions,
): Promise<Ended<K>> {
  const { memoryBytesMax, signal } = options
  if (memoryBytesMax !== undefined && !memoryIsWatched) {
    return err({
      reason: 'memory_exceeded',
      message: `memory cannot be watched on ${process.platform}: run without a bound, or on Linux`,
    })
  }
  const workFolder = await mkdtemp(join(tmpdir(), `vouch-prove-${process.pid}-`))
  try {
    const job = await jobIn(workFolder)
    if (signal?.aborted === true) return err(cancelled)
    return await followJob<K>(job, options)
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

const cancelled: ProverFailure = { reason: 'cancelled', message: 'cancelled' }

/** Without this process's environment, which has keys in it. */
function start({ place }: Job): ChildProcess {
  return spawn(process.execPath, [program], {
    // A group of its own, so that what it starts dies with it.
    detached: true,
    env: {
      HARDWARE_CONCURRENCY: String(place.threads),
      // A third of a small proof's time is that of compiling its prover. Where nothing can be written, nothing is kept.
      NODE_COMPILE_CACHE: join(place.proversFolder, 'node_modules/.cache/vouch'),
    },
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
  })
}

type Tracked = { stage: ProverStage; cpuMs: number; peakMemoryBytes: number; printed: string }

async function followJob<K extends Job['kind']>(job: Job, options: JobOptions): Promise<Ended<K>> {
  const startedMs = performance.now()
  const elapsedMs = () => performance.now() - startedMs
  const tracked: Tracked = { stage: 'starting', cpuMs: 0, peakMemoryBytes: 0, printed: '' }
  const child = start(job)
  let ended: Result<JobValue[keyof JobValue], ProverFailure> | undefined
  const end = (result: typeof ended): void => {
    ended ??= result
    killGroup(child)
  }
  const fail = (failure: ProverFailure) => end(err(failure))

  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  readLines(child, (line) => {
    if (line.line === 'result') {
      tracked.cpuMs = Math.max(tracked.cpuMs, line.cpuMs)
      end(line.result)
      return
    }
    tracked.stage = line.stage
    const { stage, fraction } = line
    options.onProgress?.({
      stage,
      ...(fraction === undefined ? {} : { fraction }),
      elapsedMs: elapsedMs(),
    })
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    tracked.printed = `${tracked.printed}${chunk}`.slice(-compilerTextBytesMax)
  })
  const { timeoutMs = jobTimeoutDefaultMs } = options
  const timer = setTimeout(() => {
    fail({ reason: 'timed_out', message: `not done after ${timeoutMs} ms, while ${tracked.stage}` })
  }, timeoutMs)
  const onAbort = () => fail(cancelled)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const stopWatching = watchUsage(child, tracked, options.memoryBytesMax, fail)
  // A prover that is gone already reads nothing: its end is told by 'close'.
  child.stdin?.on('error', () => undefined)
  child.stdin?.write(`${JSON.stringify(job)}\n`)

  const how = await gone
  clearTimeout(timer)
  options.signal?.removeEventListener('abort', onAbort)
  stopWatching()
  // Its group may have members still, where it ended by itself.
  killGroup(child)
  options.onCost?.(costOf(tracked, elapsedMs()))
  const crash: ProverFailure = {
    reason: 'crashed',
    message: `the prover's process ended (${how}) while ${tracked.stage}${lastWords(job, tracked)}`,
  }
  return (ended ?? err(crash)) as Ended<K>
}

/** What is printed while a proof is made may quote its inputs, and is kept from everybody. */
const lastWords = ({ kind }: Job, { stage, printed }: Tracked): string =>
  (kind !== 'prove' || stage === 'starting') && printed !== '' ? `: ${printed.trim()}` : ''

const costOf = ({ cpuMs, peakMemoryBytes }: Tracked, wallMs: number): ProverCost => ({
  wallMs: Math.round(wallMs),
  cpuMs,
  peakMemoryBytes: memoryIsWatched ? peakMemoryBytes : undefined,
})

function readLines(child: ChildProcess, onLine: (line: JobLine) => void): void {
  const lines = child.stdio[jobLinesDescriptor]
  createInterface({ input: lines as Readable }).on('line', (text) => {
    const line = lineOf(text)
    if (line !== undefined) onLine(line)
  })
}

/** Undefined for the half of a line that is all a killed process got to write. */
function lineOf(text: string): JobLine | undefined {
  try {
    return JSON.parse(text) as JobLine
  } catch {
    return undefined
  }
}

/** Returns what ends the watching. */
function watchUsage(
  child: ChildProcess,
  tracked: Tracked,
  memoryBytesMax: number | undefined,
  fail: (failure: ProverFailure) => void,
): () => void {
  const { pid } = child
  if (!memoryIsWatched || pid === undefined) return () => undefined
  let stopped = false
  const look = async (): Promise<void> => {
    const { memoryBytes, cpuMs } = await usageOfTree(pid)
    if (stopped) return
    tracked.cpuMs = Math.max(tracked.cpuMs, cpuMs)
    tracked.peakMemoryBytes = Math.max(tracked.peakMemoryBytes, memoryBytes)
    if (memoryBytesMax !== undefined && memoryBytes > memoryBytesMax) {
      const message = `${memoryBytes} bytes of memory, ${memoryBytesMax} allowed, while ${tracked.stage}`
      fail({ reason: 'memory_exceeded', message })
    }
    timer = setTimeout(() => void look(), memoryLookIntervalMs)
  }
  let timer = setTimeout(() => void look(), 0)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left.
  }
}
