import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type ContractCall, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

/** What each call returns, asked at the same time; the first failure is the answer. */
export async function readEach(
  rpc: JsonRpc,
  calls: readonly ContractCall[],
): Promise<Result<readonly (readonly unknown[])[], ChainFailure>> {
  const values: (readonly unknown[])[] = []
  for (const answer of await Promise.all(calls.map((call) => readContract(rpc, call)))) {
    if (!answer.ok) return answer
    values.push(answer.value)
  }
  return ok(values)
}
