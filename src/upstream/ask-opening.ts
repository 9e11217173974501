import { isUtf8 } from 'node:buffer'
import { commitmentOpeningBytesMax, commitmentOpeningTimeoutMs } from '../base/limits.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { type AskedPlace, askContributor } from './ask-contributor.ts'
import type { UpstreamPools } from './upstream-pools.ts'

/** Asks a contributor for what opens the commitment of a job (docs/tiers.md); undefined where it has nothing to say. */
export async function askOpening(
  pools: UpstreamPools,
  contributor: AskedPlace,
  job: { readonly jobId: Bytes32; readonly gateway: Address },
): Promise<string | undefined> {
  const answer = await askContributor(pools, contributor, {
    path: `/vouch/openings/${job.jobId}`,
    headers: { 'x-vouch-gateway': job.gateway },
    bytesMax: commitmentOpeningBytesMax,
    timeoutMs: commitmentOpeningTimeoutMs,
  })
  return answer.ok && isUtf8(answer.value) ? answer.value.toString() : undefined
}
