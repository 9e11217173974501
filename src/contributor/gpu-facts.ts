/*
 * What NVIDIA's own tool says of the graphics cards of this machine. A machine without it has none that we can report: a
 * card of another maker is not asked for.
 */
import { execFile } from 'node:child_process'
import type { ReportedGpu } from '../domain/capacity-report.ts'
import { gpuAnswerTimeoutMs, gpuFactsAgeMaxMs } from './agent-limits.ts'

const query = 'name,memory.total,memory.used,utilization.gpu'
const asked = [`--query-gpu=${query}`, '--format=csv,noheader,nounits']

/**
 * Answers what was read last, and reads again where that is older than a few seconds: a driver may take a second to say
 * anything, which no question waits for but the first. `command`: what is run instead of `nvidia-smi`.
 */
export function openGpuFacts(terms: {
  readonly nowMs: () => number
  readonly command?: string
}): () => Promise<readonly ReportedGpu[]> {
  const { nowMs, command = 'nvidia-smi' } = terms
  let known: readonly ReportedGpu[] | undefined
  let reading: Promise<readonly ReportedGpu[]> | undefined
  let readAtMs = Number.NEGATIVE_INFINITY
  const read = (): Promise<readonly ReportedGpu[]> => {
    reading ??= ask(command).then((gpus) => {
      known = gpus
      readAtMs = nowMs()
      reading = undefined
      return gpus
    })
    return reading
  }
  return () => {
    if (known !== undefined && nowMs() - readAtMs <= gpuFactsAgeMaxMs) return Promise.resolve(known)
    const fresh = read()
    return known === undefined ? fresh : Promise.resolve(known)
  }
}

/** Never rejects: no tool, no driver and no answer in time are all no cards. */
function ask(command: string): Promise<readonly ReportedGpu[]> {
  return new Promise((resolve) => {
    execFile(command, asked, { timeout: gpuAnswerTimeoutMs }, (error, text) =>
      resolve(error === null ? readGpuList(text) : []),
    )
  })
}

/** A line for each card, such as `NVIDIA H200, 143771, 512, 0`. What a card does not tell is `[N/A]`, and counts as zero. */
export function readGpuList(text: string): readonly ReportedGpu[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(',').map((field) => field.trim())
    // A name may have a comma of its own; figures have none.
    const [total, used, busy] = fields.slice(-3)
    const name = fields.slice(0, -3).join(', ')
    if (name === '' || busy === undefined) return []
    const gpu = {
      name,
      memoryMb: figure(total),
      memoryUsedMb: figure(used),
      utilization: Math.min(1, figure(busy) / 100),
    }
    return [gpu]
  })
}

const figure = (text: string | undefined): number =>
  /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0
