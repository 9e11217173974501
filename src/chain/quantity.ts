import { err, ok, type Result } from '../base/result.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'

/** A number as JSON-RPC writes it. */
export const isQuantity = (value: unknown): value is string =>
  typeof value === 'string' && /^0x[0-9a-f]{1,64}$/i.test(value)

/** Undefined for whatever is no quantity. */
export const parseQuantity = (value: unknown): bigint | undefined =>
  isQuantity(value) ? BigInt(value) : undefined

export const hexQuantity = (value: number | bigint): string => `0x${value.toString(16)}`

/** Calls a method that answers with a number. */
export async function readQuantity(
  rpc: JsonRpc,
  method: string,
  params: readonly unknown[],
): Promise<Result<bigint, ChainFailure>> {
  const answer = await rpc.call(method, params)
  if (!answer.ok) return answer
  const value = parseQuantity(answer.value)
  if (value !== undefined) return ok(value)
  return err(badAnswer({ origin: rpc.origin, method, detail: 'no quantity' }))
}
