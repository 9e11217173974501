/* An answer in the bytes that a consumer of Infernet decodes, and what else a delivery tells it. */
import { decodeInt256s, encodeByteStrings, encodeInt256s } from '../base/abi-bytes.ts'
import { assert } from '../base/assert.ts'
import { decimalIntegers } from './infernet-decimals.ts'
import type { InfernetNote } from './infernet-note.ts'

/** How the consumer reads it. */
export type InfernetAnswerForm = Pick<InfernetNote, 'output' | 'envelope' | 'decimals' | 'outputs'>

/** What a delivery hands over, next to the packed receipt, which is its `proof`. */
export type InfernetAnswer = { readonly input: Buffer; readonly output: Buffer }

/**
 * `content` is what the receipt's `contentHash` is of: UTF-8, or abi.encode(int256[]) of a tensor. In a pair the second part is that
 * content where the first is another number system's, so that a consumer that looks can check the receipt against it. `input` tells
 * `requestHash`, the receipt's `inputHash`.
 */
export function infernetAnswer(
  form: InfernetAnswerForm,
  answer: { readonly content: Buffer; readonly requestHash: Buffer },
): InfernetAnswer {
  const output = outputOf(form, answer.content)
  const isConverted = form.decimals !== undefined
  const processed = isConverted ? answer.content : Buffer.alloc(0)
  return form.envelope === 'plain'
    ? { input: answer.requestHash, output }
    : {
        input: encodeByteStrings([answer.requestHash, Buffer.alloc(0)]),
        output: encodeByteStrings([output, processed]),
      }
}

function outputOf(
  { output: form, decimals, outputs }: InfernetAnswerForm,
  content: Buffer,
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
      const values =
        decimals === undefined ? integers : decimalIntegers(integers, outputs, decimals)
      return encodeInt256s(values, form === 'tensor' ? 'array' : 'words')
    }
  }
}
