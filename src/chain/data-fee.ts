/*
 * What a rollup of the OP stack charges for the bytes of a transaction beside its gas. Nothing in the transaction bounds it,
 * so that whoever must not lose by it asks before.
 */
import { ok, type Result } from '../base/result.ts'
import { type Address, address } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { codeAt } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { readQuantity } from './quantity.ts'

/** GasPriceOracle of every OP stack chain; elsewhere nobody can have code there. */
export const dataFeeOracle: Address = address('0x420000000000000000000000000000000000000F')
/** `getL1FeeUpperBound(uint256)`: of a transaction of so many bytes, unsigned, whatever they are. */
const upperBoundSelector = '0xf1c7a58b'

/** Wei for a transaction of so many bytes; 0 where the chain charges for gas alone. */
export async function readDataFee(
  rpc: JsonRpc,
  bytes: number,
): Promise<Result<bigint, ChainFailure>> {
  const code = await codeAt(rpc, dataFeeOracle)
  if (!code.ok) return code
  if (code.value === '0x') return ok(0n)
  const data = `${upperBoundSelector}${bytes.toString(16).padStart(64, '0')}`
  return readQuantity(rpc, 'eth_call', [{ to: dataFeeOracle, data }, 'latest'])
}
