/*
 * What the kernel says a process used, its children included (nginx's worker is one). Source: proc(5). CPU comes from
 * these counters, never from wall time: the machine may be busy with other things.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Something that this machine must have and has not; the message says how to get it. */
export class MissingProgram extends Error {}

/** Linux tells times in hundredths of a second to every program, whatever its own clock. */
const microsPerTick = 10_000
const userTimeField = 11
const systemTimeField = 12

/** A process and all that descend from it. */
export function processFamily(pid: number): readonly number[] {
  const family = [pid]
  for (const parent of family) {
    for (const thread of readdirSync(`/proc/${parent}/task`)) {
      const children = readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8')
      family.push(...children.split(' ').filter(Boolean).map(Number))
    }
  }
  return family
}

/** CPU time in µs, user and system, of all threads of all these processes. */
export const cpuMicrosOf = (pids: readonly number[]): number =>
  pids.reduce((total, pid) => total + cpuTicks(pid) * microsPerTick, 0)

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is a name in brackets that may hold spaces; counting starts behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[userTimeField]) + Number(fields[systemTimeField])
}

/** Resident memory in bytes, shared pages counted for each process that has them. */
export const residentBytesOf = (pids: readonly number[]): number =>
  pids.reduce((total, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return total + Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
  }, 0)

/** One core for who is measured, another for who measures. Throws MissingProgram. */
export function chooseCores(): { readonly contender: number; readonly load: number } {
  const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  const cores = (list ?? '').split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    if (first === undefined || last === undefined) return []
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  const [contender, load] = cores
  if (contender === undefined || load === undefined) {
    throw new MissingProgram(
      'two cores are needed: one for who is measured, one for upstream and load',
    )
  }
  return { contender, load }
}

/** Keeps this process, threads included, to one core. */
export function pinSelf(core: number): void {
  try {
    execFileSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)])
  } catch {
    throw new MissingProgram(
      'taskset is needed to keep processes to a core: apt-get install util-linux',
    )
  }
}
