/*
 * What contracts/src/libraries/ChatInput.sol writes, byte for byte, for whoever prepares or checks a contract's question off
 * chain: the sha256 of these bytes is what a receipt names.
 */
import { utf8Bytes } from '../base/bytes.ts'
import * as wireTensor from '../base/wire-tensor.ts'

export type ChatQuestion = {
  /** The model's name at the gateway. */
  readonly model: string
  /** What the model is told of its task; nothing where it is empty. */
  readonly system?: string
  readonly user: string
  /** Tokens of the answer at most. */
  readonly completionTokensMax: number
}

/** `ChatInput.chat`. Throws a TypeError for a text that is no UTF-8, which the contract refuses too. */
export function chatInput(question: ChatQuestion): Uint8Array {
  const { model, system = '', user, completionTokensMax } = question
  const messages = [
    ...(system === '' ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: user },
  ]
  return written({ model, messages, max_tokens: completionTokensMax })
}

/** `ChatInput.completion`: a text to be continued. */
export function completionInput(question: {
  readonly model: string
  readonly prompt: string
  readonly completionTokensMax: number
}): Uint8Array {
  const { model, prompt, completionTokensMax } = question
  return written({ model, prompt, max_tokens: completionTokensMax })
}

/** `ChatInput.tensor`: `abi.encode(int256[])` of 32-bit integers. Throws a RangeError for any other number. */
export function encodeTensor(values: ArrayLike<number>): Uint8Array {
  const integers = Array.from(values)
  const { int32Min, int32Max } = wireTensor
  const wrong = integers.find((it) => !Number.isInteger(it) || it < int32Min || it > int32Max)
  if (wrong !== undefined) throw new RangeError(`${wrong} is no 32-bit integer`)
  return wireTensor.encodeTensor(Int32Array.from(integers))
}

/** The order of members is the contract's, and so are the escapes: JSON.stringify writes the shortest, as solady does. */
function written(request: object): Uint8Array {
  const text = JSON.stringify({ ...request, temperature: 0, seed: 0 }, (_name, value) => {
    if (typeof value === 'string' && !value.isWellFormed()) {
      throw new TypeError('a text with half a surrogate pair is no UTF-8')
    }
    return value
  })
  return utf8Bytes(text)
}
