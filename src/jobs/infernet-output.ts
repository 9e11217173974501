/* An answer in the bytes that a consumer of Infernet decodes, and what else a delivery tells it. */
import { decodeInt256s, encodeByteStrings, encodeInt256s } from '../base/abi-bytes.ts'
import { assert } from '../base/assert.ts'
import type { Tensor } from '../domain/tensor-terms.ts'
import { valueCountOf } from '../domain/tensor-terms.ts'
import type { InfernetContainer } from './infernet-container.ts'

/** What a delivery hands over, next to the packed receipt, which is its `proof`. */
export type InfernetAnswer = { readonly input: Buffer; readonly output: Buffer }

/**
 * `content` is what the receipt's `contentHash` is of: UTF-8, or abi.encode(int256[]) of a tensor. In a pair the second part is that
 * content where the first is another number system's, so that a consumer that looks can check the receipt against it. `input` tells
 * `requestHash`, the receipt's `inputHash`.
 */
export function infernetAnswer(
  container: InfernetContainer,
  answer: {
    readonly content: Buffer
    readonly requestHash: Buffer
    /** Of the model, where it answers with numbers. */
    readonly outputs: readonly Tensor[]
  },
): InfernetAnswer {
  const output = outputOf(container, answer)
  const isConverted = container.decimals !== undefined
  const processed = isConverted ? answer.content : Buffer.alloc(0)
  return container.envelope === 'plain'
    ? { input: answer.requestHash, output }
    : {
        input: encodeByteStrings([answer.requestHash, Buffer.alloc(0)]),
        output: encodeByteStrings([output, processed]),
      }
}

function outputOf(
  { output: form, decimals }: InfernetContainer,
  { content, outputs }: { readonly content: Buffer; readonly outputs: readonly Tensor[] },
): Buffer {
  switch (form) {
    case 'text':
      return content
    case 'abi-string':
      return encodeByteStrings([content])
    case 'tensor':
    case 'tensor-words': {
      const integers = decodeInt256s(content, 'array')
      assert(integers !== undefined, 'the content of a tensor is abi.encode(int256[])')
      const values = decimals === undefined ? integers : inDecimals(integers, outputs, decimals)
      return encodeInt256s(values, form === 'tensor' ? 'array' : 'words')
    }
  }
}

/** `v / 2^scaleBits` as an integer with `decimals` digits behind the point, rounded to the nearest, halves upwards. */
function inDecimals(
  integers: readonly bigint[],
  outputs: readonly Tensor[],
  decimals: number,
): readonly bigint[] {
  const scales = outputs.flatMap((tensor) =>
    new Array<number>(valueCountOf([tensor])).fill(tensor.scaleBits),
  )
  assert(scales.length === integers.length, 'an answer has as many values as its model')
  return integers.map((integer, index) => {
    const scaleBits = BigInt(scales[index] ?? 0)
    return (integer * 2n * 10n ** BigInt(decimals) + (1n << scaleBits)) >> (scaleBits + 1n)
  })
}
