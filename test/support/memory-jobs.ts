import type { KnownJobs } from '../../src/contributor/sign-work.ts'

/** A book of jobs without a disk, for engines that live as long as their test. */
export function memoryJobs(): KnownJobs {
  const closed = new Set<string>()
  return {
    mayBegin: ({ jobId, gateway }) => !closed.has(`${jobId} ${gateway}`),
    begin: ({ jobId, gateway }) => {
      const name = `${jobId} ${gateway}`
      if (closed.has(name)) return undefined
      closed.add(name)
      let isSigned = false
      return {
        durable: Promise.resolve(),
        signed: () => {
          isSigned = true
        },
        over: () => {
          if (!isSigned) closed.delete(name)
        },
      }
    },
  }
}
