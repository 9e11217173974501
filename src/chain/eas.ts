/*
 * The one function of the Ethereum Attestation Service that a log needs: it notes when a hash was first seen. Interface as
 * in EAS 1.x, `IEAS.timestamp` and `IEAS.getTimestamp`; https://docs.attest.org.
 */
import { ok, type Result } from '../base/result.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

const easAbi = [
  'function timestamp(bytes32 data) returns (uint64)',
  'function getTimestamp(bytes32 data) view returns (uint64)',
  'error AlreadyTimestamped()',
] as const

const easAt = (address: Address): Contract => ({ name: 'EAS', address, abi: easAbi })

export const timestampCall = (eas: Address, data: Bytes32): ContractCall => ({
  contract: easAt(eas),
  functionName: 'timestamp',
  args: [data],
})

/** Unix seconds; 0 for what it never saw. */
export async function readTimestamp(
  rpc: JsonRpc,
  eas: Address,
  data: Bytes32,
): Promise<Result<number, ChainFailure>> {
  const contract = easAt(eas)
  const answer = await readContract(rpc, { contract, functionName: 'getTimestamp', args: [data] })
  return answer.ok ? ok(Number(answer.value[0])) : answer
}
