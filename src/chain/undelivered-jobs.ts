import { err, ok, type Result } from '../base/result.ts'
import { address, type Bytes32, bytes32, isBytes32, zeroAddress } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { Contract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Utf8 } from './keccak.ts'
import { readEach } from './read-each.ts'

const acceptedTopic = keccak256Utf8('JobAccepted(bytes32,address)')

/** The jobs of an InferenceCoordinator that somebody accepted and did not deliver in time. */
export async function readUndeliveredJobs(
  rpc: JsonRpc,
  coordinator: Contract,
): Promise<Result<readonly Bytes32[], ChainFailure>> {
  const method = 'eth_getLogs'
  const filter = { address: coordinator.address, fromBlock: 'earliest', toBlock: 'latest' }
  const answer = await rpc.call(method, [{ ...filter, topics: [acceptedTopic] }])
  if (!answer.ok) return answer
  const logs = Array.isArray(answer.value) ? (answer.value as readonly unknown[]) : [undefined]
  const accepted: Bytes32[] = []
  for (const log of logs) {
    const { topics } = Object(log) as { readonly topics?: unknown }
    const jobId: unknown = Array.isArray(topics) ? topics[1] : undefined
    if (!isBytes32(jobId)) return err(badAnswer({ origin: rpc.origin, method, detail: 'no logs' }))
    accepted.push(bytes32(jobId))
  }
  const late = await readEach(
    rpc,
    accepted.map((jobId) => ({
      contract: coordinator,
      functionName: 'undeliveredBy',
      args: [jobId],
    })),
  )
  if (!late.ok) return late
  return ok(accepted.filter((_, i) => address(String(late.value[i]?.[0])) !== zeroAddress))
}
