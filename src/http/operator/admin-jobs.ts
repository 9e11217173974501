/* Jobs of contracts for the operator (docs/jobs.md): `GET /admin/v1/jobs`, `GET /admin/v1/jobs/{id}` and `POST …/retry`. */
import { listedJobsMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { type Bytes32, bytes32, isBytes32 } from '../../domain/units.ts'
import type { JobsDoor, ToldJob } from '../../gateway/jobs-door.ts'
import type { RouteCall } from '../route-call.ts'
import { type AdminRoute, served } from './admin.ts'
import { contractJobObject } from './contract-job-object.ts'

const listedDefault = 20

/** `?state=` names one state, and may stand several times; `?limit=` bounds the list. */
export const listContractJobs: AdminRoute = served(async (_admin, call) => {
  const jobs = jobsOf(call)
  const which = readWhich(call)
  if (!jobs.ok || !which.ok) return jobs.ok ? which : jobs
  const list = await jobs.value.list(which.value)
  return list.ok ? ok({ object: 'list', data: list.value.map(contractJobObject) }) : list
})

export const retrieveContractJob: AdminRoute = about((jobs, jobId) => jobs.find(jobId))

/** Whatever there is to do again is done at once: a delivery, a callback, or all of a job that failed here. */
export const retryContractJob: AdminRoute = about((jobs, jobId) => jobs.retry(jobId))

function about(
  act: (jobs: JobsDoor, jobId: Bytes32) => Promise<Result<ToldJob, Refusal>>,
): AdminRoute {
  return served(async (_admin, call) => {
    const jobs = jobsOf(call)
    if (!jobs.ok) return jobs
    if (!isBytes32(call.id)) return err({ reason: 'job_not_found' })
    const job = await act(jobs.value, bytes32(call.id))
    return job.ok ? ok(contractJobObject(job.value)) : job
  })
}

const jobsOf = ({ door }: RouteCall): Result<JobsDoor, Refusal> =>
  door.jobs === undefined ? err({ reason: 'jobs_off' }) : ok(door.jobs)

function readWhich({ incoming }: RouteCall): Result<Parameters<JobsDoor['list']>[0], Refusal> {
  const { searchParams } = new URL(incoming.url ?? '', 'http://gateway')
  const limit = searchParams.get('limit') ?? String(listedDefault)
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > listedJobsMax) {
    const expected = `a whole number from 1 to ${listedJobsMax}`
    return err({ reason: 'invalid_value', param: 'limit', expected })
  }
  const states = searchParams.getAll('state')
  return ok({ states: states.length === 0 ? undefined : states, limit: Number(limit) })
}
