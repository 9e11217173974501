import { err, ok, type Result } from '../base/result.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'
import { parseQuantity } from './quantity.ts'

/** Which block has a transaction, as the chain stands now: a reorganisation can take it out again. */
export type Inclusion = {
  readonly transactionHash: Bytes32
  readonly blockNumber: number
  readonly blockHash: Bytes32
  /** False: it reverted in its block, took its nonce and changed nothing else. */
  readonly succeeded: boolean
}

/** Undefined while no block has it. */
export async function readInclusion(
  rpc: JsonRpc,
  transactionHash: Bytes32,
): Promise<Result<Inclusion | undefined, ChainFailure>> {
  const method = 'eth_getTransactionReceipt'
  const answer = await rpc.call(method, [transactionHash])
  if (!answer.ok) return answer
  if (answer.value === null) return ok(undefined)
  const { status, blockNumber, blockHash } = Object(answer.value) as Record<string, unknown>
  const number = parseQuantity(blockNumber)
  if (number === undefined || !isBytes32(blockHash)) {
    return err(badAnswer({ origin: rpc.origin, method, detail: 'no receipt' }))
  }
  return ok({
    transactionHash,
    blockNumber: Number(number),
    blockHash: bytes32(blockHash),
    succeeded: status === '0x1',
  })
}

/** Of several transactions with one nonce at most one is ever in a block. */
export async function readInclusionOfAny(
  rpc: JsonRpc,
  transactionHashes: readonly Bytes32[],
): Promise<Result<Inclusion | undefined, ChainFailure>> {
  for (const transactionHash of transactionHashes) {
    const inclusion = await readInclusion(rpc, transactionHash)
    if (!inclusion.ok || inclusion.value !== undefined) return inclusion
  }
  return ok(undefined)
}
