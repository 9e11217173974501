/*
 * What a process and its descendants use, as Linux tells it in /proc. Other platforms tell it only to tools that would have to be
 * started for each look: there `memoryIsWatched` is false, and a bound on memory is refused instead of being ignored.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

export type TreeUsage = { readonly memoryBytes: number; readonly cpuMs: number }

export const memoryIsWatched: boolean = existsSync('/proc/self/status')

/** USER_HZ, which Linux fixes at 100 for everything that /proc counts in ticks. */
const tickMs = 10
const processesMax = 64

/** Processes that end while they are looked at count nothing. */
export async function usageOfTree(root: number): Promise<TreeUsage> {
  const waiting = [root]
  let memoryBytes = 0
  let cpuMs = 0
  for (let seen = 0; seen < processesMax; seen += 1) {
    const id = waiting.pop()
    if (id === undefined) break
    const [status, stat, children] = await Promise.all([
      textOf(`/proc/${id}/status`),
      textOf(`/proc/${id}/stat`),
      // A prover's processes start others from their first thread.
      textOf(`/proc/${id}/task/${id}/children`),
    ])
    memoryBytes += residentBytes(status)
    cpuMs += id === root ? cpuOf(stat, 4) : cpuOf(stat, 2)
    for (const child of children.split(' ')) if (child !== '') waiting.push(Number(child))
  }
  return { memoryBytes, cpuMs }
}

const residentBytes = (status: string): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024

/** Fields 14 … 17 of proc(5): own time in user and in kernel mode, then that of children that ended and were waited for. */
function cpuOf(stat: string, fields: 2 | 4): number {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return afterName.slice(11, 11 + fields).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return ''
  }
}
