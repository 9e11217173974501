/** A proof that takes longer is of a circuit that belongs on another machine: the largest of ours take two minutes on two cores. */
export const jobTimeoutDefaultMs: number = 60 * 60 * 1000
/** Between two looks at what a job's processes use: as much can be taken beyond the bound as fits in between. */
export const memoryLookIntervalMs = 100
/** What is kept of a compiler's messages. */
export const compilerTextBytesMax = 4096
