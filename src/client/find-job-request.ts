import { err, ok, type Result } from '../base/result.ts'
import { readBlock } from '../chain/blocks.ts'
import { badAnswer, type ChainFailure } from '../chain/chain-failure.ts'
import { type JobId, readJobLog } from '../chain/job-log.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { UnixSeconds } from '../domain/units.ts'

/** What nodes answer in one question without complaint. */
export const blocksAtOnceMax = 2_000
/** InferenceJobs.MAX_DELIVERY_TIME: no job is older at its deadline. */
const deliveryTimeMaxS = 7 * 86_400

/** The block of a job's request, looked for from the newest block to the oldest that can have it. */
export async function findJobRequest(
  rpc: JsonRpc,
  job: JobId,
  within: { readonly newestBlock: number; readonly deadlineS: UnixSeconds },
): Promise<Result<number, ChainFailure>> {
  let to = within.newestBlock
  while (to >= 0) {
    const from = Math.max(0, to - blocksAtOnceMax + 1)
    const log = await readJobLog(rpc, job, { from, to })
    if (!log.ok) return log
    const request = log.value.find(({ event }) => event === 'JobRequested')
    if (request !== undefined) return ok(request.blockNumber)
    const oldest = await readBlock(rpc, from)
    if (!oldest.ok) return oldest
    if ((oldest.value?.timestampS ?? 0) < within.deadlineS - deliveryTimeMaxS) break
    to = from - 1
  }
  const detail = 'its log has no request of a job that its state has'
  return err(badAnswer({ origin: rpc.origin, method: 'eth_getLogs', detail }))
}
