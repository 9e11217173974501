import { err, ok, type Result } from '../base/result.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'
import { hexQuantity } from './quantity.ts'

/**
 * `prevrandao` of a block (`mixHash` in JSON-RPC). Undefined where the chain has no such block yet. A chain without
 * randomness, which says a small constant instead, is a failure: whoever batches could know what will be chosen.
 */
export async function readBlockRandomness(
  rpc: JsonRpc,
  blockNumber: number,
): Promise<Result<Bytes32 | undefined, ChainFailure>> {
  const method = 'eth_getBlockByNumber'
  const answer = await rpc.call(method, [hexQuantity(blockNumber), false])
  if (!answer.ok) return answer
  if (answer.value === null) return ok(undefined)
  const { mixHash } = Object(answer.value) as Record<string, unknown>
  const bad = (detail: string) => err(badAnswer({ origin: rpc.origin, method, detail }))
  if (!isBytes32(mixHash)) return bad('no block')
  const randomness = bytes32(mixHash)
  return isConstant(randomness) ? bad('a block without randomness') : ok(randomness)
}

/** Chains without a beacon fill it with 0 or 1; of random words one in 2^128 looks like that. */
const isConstant = (randomness: Bytes32): boolean => BigInt(randomness) < 2n ** 128n
