import { err, ok, type Result } from '../base/result.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'
import { hexQuantity, parseQuantity } from './quantity.ts'

export type Block = {
  readonly number: number
  readonly hash: Bytes32
  /** Unix seconds, as contracts see the time. */
  readonly timestampS: number
  /** Wei; zero on a chain without EIP-1559. */
  readonly baseFeePerGas: bigint
}

/** Undefined where the chain has no such block (yet, or no longer). */
export async function readBlock(
  rpc: JsonRpc,
  which: number | 'latest',
): Promise<Result<Block | undefined, ChainFailure>> {
  const method = 'eth_getBlockByNumber'
  const answer = await rpc.call(method, [which === 'latest' ? which : hexQuantity(which), false])
  if (!answer.ok) return answer
  if (answer.value === null) return ok(undefined)
  const { number, hash, timestamp, baseFeePerGas } = Object(answer.value) as Record<string, unknown>
  const [height, time] = [parseQuantity(number), parseQuantity(timestamp)]
  if (height === undefined || time === undefined || !isBytes32(hash)) {
    return err(badAnswer({ origin: rpc.origin, method, detail: 'no block' }))
  }
  return ok({
    number: Number(height),
    hash: bytes32(hash),
    timestampS: Number(time),
    baseFeePerGas: parseQuantity(baseFeePerGas) ?? 0n,
  })
}

/** The newest block; a chain without one is no answer. */
export async function readHead(rpc: JsonRpc): Promise<Result<Block, ChainFailure>> {
  const head = await readBlock(rpc, 'latest')
  if (!head.ok) return head
  if (head.value !== undefined) return ok(head.value)
  return err(badAnswer({ origin: rpc.origin, method: 'eth_getBlockByNumber', detail: 'no head' }))
}

/** The same node, asked as of one block: two nodes are compared at the same height, not at whatever each has newest. */
export const rpcAtBlock = (rpc: JsonRpc, blockNumber: number): JsonRpc => ({
  origin: rpc.origin,
  call: (method, params) =>
    method === 'eth_call' && params[1] === 'latest'
      ? rpc.call(method, [params[0], hexQuantity(blockNumber)])
      : rpc.call(method, params),
})
