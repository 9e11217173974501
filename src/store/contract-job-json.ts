import type { ContractJob, ContractJobState } from './contract-job-store.ts'

/* A job as text, the same in every store. JSON has no big integers, so they are marked. */

const mark = '$bigint'

export const encodeContractJob = (job: ContractJob): string =>
  JSON.stringify(job, (_, value: unknown) =>
    typeof value === 'bigint' ? { [mark]: String(value) } : value,
  )

/** The inverse, for text that this module wrote. */
export const decodeContractJob = (text: string): ContractJob =>
  JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && mark in value
      ? BigInt(String(value[mark]))
      : value,
  ) as ContractJob

/** Of a list of states with how many have each. */
export const countStates = (
  states: readonly (readonly [state: string, count: number])[],
): ReadonlyMap<ContractJobState, number> => {
  const counts = new Map<ContractJobState, number>()
  for (const [state, count] of states) {
    const known = state as ContractJobState
    counts.set(known, (counts.get(known) ?? 0) + count)
  }
  return counts
}
