/*
 * What contracts/src/libraries/ChatInput.sol writes, written here: the exact bytes that a contract's question has, for whoever
 * prepares one off chain or checks one.
 */
import * as wireTensor from '../base/wire-tensor.ts'

/** The input of a tensor model: `abi.encode(int256[])` of 32-bit integers. Throws a RangeError for any other number. */
export function encodeTensor(values: ArrayLike<number>): Uint8Array {
  const integers = Array.from(values)
  const { int32Min, int32Max } = wireTensor
  const wrong = integers.find((it) => !Number.isInteger(it) || it < int32Min || it > int32Max)
  if (wrong !== undefined) throw new RangeError(`${wrong} is no 32-bit integer`)
  return wireTensor.encodeTensor(Int32Array.from(integers))
}
