import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import type { AtomicAmount } from '../domain/units.ts'
import type { AcceptedCoordinator, PaidSigner } from './check-coordinator.ts'
import { openContractJobFiles } from './contract-job-files.ts'
import { ContractJobs } from './contract-jobs.ts'
import { CoordinatorDesk, type CoordinatorEvent } from './coordinator-desk.ts'
import { type DuesEvent, DuesWatch } from './dues-watch.ts'
import { readSettledDues } from './settled-dues-file.ts'

export type ContractJobsPlace = {
  /** Where they are kept: nobody else may look into it, and one process at a time writes there. */
  readonly folder: string
  readonly coordinators: readonly AcceptedCoordinator[]
  /** As it is now: keys are rotated. */
  readonly signer: () => PaidSigner
  /** What a gateway may cost us with such jobs, in atomic units. */
  readonly limit: AtomicAmount
  readonly onEvent: (event: CoordinatorEvent | DuesEvent) => void
  readonly nowMs: () => number
}

export type OpenContractJobs = {
  readonly jobs: ContractJobs
  readonly desk: CoordinatorDesk
  readonly dues: DuesWatch
}

/** Where the sums of the settled ones are. */
const settledDuesPath = (folder: string): string => join(folder, 'settled.json')

/** What an earlier process left goes on. Errors are one line for a person. */
export async function openContractJobs(
  place: ContractJobsPlace,
): Promise<Result<OpenContractJobs, string>> {
  const { folder, limit, onEvent, nowMs, signer } = place
  const files = await openContractJobFiles(folder)
  if (!files.ok) return files
  const path = settledDuesPath(folder)
  const known = await readSettledDues(path)
  if (!known.ok) return known
  try {
    await files.value.forget(known.value.counted)
  } catch (error) {
    return err(`${folder} cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
  const desk = new CoordinatorDesk(place)
  const { contributor } = signer()
  const terms = { files: files.value, desk, nowMs }
  const dues = new DuesWatch({ ...terms, contributor, path, known: known.value, onEvent })
  return ok({ jobs: new ContractJobs({ ...terms, dues, limit }), desk, dues })
}
