/*
 * Numbers of contracts have digits behind a decimal point, those of models bits behind a binary one. Both ways are rounded to the
 * nearest, halves upwards, as `POST /v1/inference` rounds.
 */
import { assert } from '../base/assert.ts'
import { type Tensor, valueCountOf } from '../domain/tensor-terms.ts'

/** Integers of the model for `v / 10^decimals`. */
export const scaledIntegers = (
  values: readonly bigint[],
  tensors: readonly Tensor[],
  decimals: number,
): readonly bigint[] =>
  values.map((value, index) =>
    quotientRounded(value << bitsAt(tensors, index), 10n ** BigInt(decimals)),
  )

/** Integers of the contract for `v / 2^scaleBits`. */
export const decimalIntegers = (
  integers: readonly bigint[],
  tensors: readonly Tensor[],
  decimals: number,
): readonly bigint[] =>
  integers.map((integer, index) =>
    quotientRounded(integer * 10n ** BigInt(decimals), 1n << bitsAt(tensors, index)),
  )

/** To the nearest, halves upwards. */
function quotientRounded(dividend: bigint, divisor: bigint): bigint {
  const twice = 2n * dividend + divisor
  const quotient = twice / (2n * divisor)
  // Division of bigints cuts towards zero.
  return twice < 0n && quotient * 2n * divisor !== twice ? quotient - 1n : quotient
}

function bitsAt(tensors: readonly Tensor[], index: number): bigint {
  let end = 0
  for (const tensor of tensors) {
    end += valueCountOf([tensor])
    if (index < end) return BigInt(tensor.scaleBits)
  }
  assert(false, 'there are as many values as the tensors have')
}
