import { unixSeconds } from '../domain/units.ts'
import type { JobDeps } from './advance-job.ts'
import type { JobReason } from './job-reason.ts'
import { judgeJob, judgeTerms } from './judge-job.ts'
import { reasonOfInput } from './refused-input.ts'
import type { ScheduledRun } from './schedules.ts'

/** Why the job that the run of a schedule opens would be refused here; undefined: it would be answered. */
export async function refusalOfRun(
  deps: Pick<JobDeps, 'gateway' | 'candidates' | 'tiersOf' | 'readInput'>,
  run: ScheduledRun,
): Promise<JobReason | undefined> {
  const { gateway, tiersOf, candidates, readInput } = deps
  const { chainNowS, terms, input } = run
  const ask = { ...run, deadlineS: unixSeconds(chainNowS + terms.deliveryTime) }
  const byTerms = judgeTerms(ask, { gateway, chainNowS })
  if (byTerms !== undefined) return byTerms.kind === 'take' ? undefined : byTerms.reason
  const read = await readInput({
    ...{ jobId: run.jobId, source: '', ask, input, isPrivate: false, state: 'found' },
    ...{ foundInBlock: 0, foundAtMs: 0, notBeforeMs: 0, failures: 0, answers: [], revision: 0 },
  })
  if (!read.ok) return reasonOfInput(read.error).reason
  const judged = { gateway, chainNowS, tiersOf, candidates: candidates(read.value) }
  const verdict = judgeJob(ask, read.value, judged)
  return verdict.kind === 'take' ? undefined : verdict.reason
}
