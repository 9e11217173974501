import { decodeCoordinatorLog } from '../chain/coordinator-events.ts'
import { address, type Bytes32, isAddress } from '../domain/units.ts'

/** The receipt of a transaction as JSON-RPC, ethers and viem have it. */
export type LoggedTransaction = {
  readonly logs: readonly {
    readonly address: string
    readonly topics: readonly string[]
    readonly data: string
  }[]
}

/** The ids of the jobs that a transaction opened at a coordinator, in their order: by them they are followed. */
export async function jobIdsIn(
  receipt: LoggedTransaction,
  coordinator: string,
): Promise<readonly Bytes32[]> {
  if (!isAddress(coordinator)) throw new TypeError('coordinator is no address')
  const own = receipt.logs.filter((log) => log.address.toLowerCase() === address(coordinator))
  const events = await Promise.all(own.map(decodeCoordinatorLog))
  return events.flatMap((event) => (event?.kind === 'JobRequested' ? [event.jobId] : []))
}
