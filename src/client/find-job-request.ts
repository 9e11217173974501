import { err, ok, type Result } from '../base/result.ts'
import { readBlock } from '../chain/blocks.ts'
import { badAnswer, type ChainFailure } from '../chain/chain-failure.ts'
import { readCoordinatorEvents } from '../chain/coordinator-events.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'

/** Where a job is kept, and which it is. */
export type JobPointer = { readonly coordinator: Address; readonly jobId: Bytes32 }

/** What nodes answer in one question without complaint. */
export const blocksAtOnceMax = 2_000
/** JobBook.MAX_DELIVERY_TIME: no request is longer before its deadline. */
const deliveryTimeMaxS = 7 * 86_400

/** The block of a job's request, looked for from the newest block to the oldest that can have it. */
export async function findJobRequest(
  rpc: JsonRpc,
  { coordinator, jobId }: JobPointer,
  within: { readonly newestBlock: number; readonly deadlineS: UnixSeconds },
): Promise<Result<number, ChainFailure>> {
  let to = within.newestBlock
  while (to >= 0) {
    const from = Math.max(0, to - blocksAtOnceMax + 1)
    const range = { from, to, kinds: ['JobRequested'], jobId } as const
    const events = await readCoordinatorEvents(rpc, coordinator, range)
    if (!events.ok) return events
    const [request] = events.value
    if (request !== undefined) return ok(request.blockNumber)
    const oldest = await readBlock(rpc, from)
    if (!oldest.ok) return oldest
    if ((oldest.value?.timestampS ?? 0) < within.deadlineS - deliveryTimeMaxS) break
    to = from - 1
  }
  const detail = 'its log has no request of a job that its state has'
  return err(badAnswer({ origin: rpc.origin, method: 'eth_getLogs', detail }))
}
