import { readJob } from '../chain/inference-coordinator.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { type Address, bytes32 } from '../domain/units.ts'
import { type DeliveryOutbox, jobOfPoke, newestIntent } from './delivery-outbox.ts'
import type { SchedulePlan } from './known-schedule.ts'

/**
 * Whether the run that was opened last has not paid for its opening: the block found nothing to open, the consumer said
 * something else in it than when it was tried, or the job was not delivered. A consumer may see to each of these, at every
 * interval and for nothing, since its escrow comes back; so a schedule is trusted with one such run. Throws StoreFailure.
 */
export async function owesRun(
  {
    outbox,
    rpc,
    coordinator,
  }: {
    readonly outbox: DeliveryOutbox
    readonly rpc: JsonRpc
    readonly coordinator: Address
  },
  { poked }: Pick<SchedulePlan, 'poked'>,
): Promise<boolean> {
  if (poked === undefined) return false
  const { entry, reverted } = await newestIntent(outbox, poked.name)
  if (reverted > 0) return true
  // Nothing of it was ever executed.
  if (entry === undefined) return false
  const job = await readJob(rpc, coordinator, bytes32(jobOfPoke(poked.name)))
  return !job.ok || job.value.state !== 'delivered'
}
