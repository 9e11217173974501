import { err, ok, type Result } from '../base/result.ts'
import type { Bytes32 } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'
import { parseQuantity } from './quantity.ts'

/** Wei that its sender paid for a transaction that a block has, what a rollup charges for its bytes included. */
export async function readTransactionCost(
  rpc: JsonRpc,
  transactionHash: Bytes32,
): Promise<Result<bigint, ChainFailure>> {
  const method = 'eth_getTransactionReceipt'
  const answer = await rpc.call(method, [transactionHash])
  if (!answer.ok) return answer
  const { gasUsed, effectiveGasPrice, l1Fee } = Object(answer.value) as Record<string, unknown>
  const [gas, price] = [parseQuantity(gasUsed), parseQuantity(effectiveGasPrice)]
  if (gas === undefined || price === undefined) {
    return err(badAnswer({ origin: rpc.origin, method, detail: 'no receipt' }))
  }
  return ok(gas * price + (parseQuantity(l1Fee) ?? 0n))
}
