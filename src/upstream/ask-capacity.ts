import { capacityReportBytesMax, capacityReportTimeoutMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type CapacityReport, readCapacityReport } from '../domain/capacity-report.ts'
import { type AskedPlace, askContributor } from './ask-contributor.ts'
import type { UpstreamPools } from './upstream-pools.ts'

/** `not_offered`: it knows no such question. `unreadable`: what it says is no report. */
export type CapacityFailure = 'not_offered' | 'unreadable' | 'no_answer'

const path = '/vouch/capacity'
/** An engine without the route answers one of these. */
const unknownRoute: ReadonlySet<number> = new Set([404, 405, 501])

/** Asks a contributor for its own report of its capacity. */
export async function askCapacity(
  pools: UpstreamPools,
  contributor: AskedPlace,
  timeoutMs: number = capacityReportTimeoutMs,
): Promise<Result<CapacityReport, CapacityFailure>> {
  const bounds = { bytesMax: capacityReportBytesMax, timeoutMs }
  const answer = await askContributor(pools, contributor, { path, ...bounds })
  if (!answer.ok) {
    const { error } = answer
    if (error.kind === 'too_long') return err('unreadable')
    const isUnknown = error.kind === 'refused' && unknownRoute.has(error.status)
    return err(isUnknown ? 'not_offered' : 'no_answer')
  }
  const report = readCapacityReport(answer.value.toString())
  return report === undefined ? err('unreadable') : ok(report)
}
