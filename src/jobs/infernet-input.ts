/*
 * The bytes of a consumer as what its model is asked with. They come from a contract that anybody wrote: what its container's form does
 * not describe exactly is refused, never guessed at.
 */
import { isUtf8 } from 'node:buffer'
import { decodeByteString, decodeInt256s, encodeInt256s } from '../base/abi-bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import { int32Max, int32Min } from '../base/wire-tensor.ts'
import type { InfernetContainer } from '../domain/infernet-container.ts'
import { type Tensor, valueCountOf } from '../domain/tensor-terms.ts'
import { scaledIntegers } from './infernet-decimals.ts'

/** A consumer's bytes that are more than this are not read: each is paid for by the gas of a delivery that nobody would make. */
export const infernetInputBytesMax: number = 128 * 1_024

/**
 * What its model is asked with, as by any contract: a body in JSON, or abi.encode(int256[]) of the integers of `inputs`. The same bytes
 * always make the same. The error says what the bytes are not, without quoting them.
 */
export function infernetModelInput(
  container: InfernetContainer,
  input: Buffer,
  inputs: readonly Tensor[],
): Result<Buffer, string> {
  if (input.length === 0) return err('it is empty')
  if (input.length > infernetInputBytesMax) {
    return err(`it has more than ${infernetInputBytesMax} bytes`)
  }
  switch (container.input) {
    case 'text':
      return chatBody(container, input)
    case 'abi-string': {
      const said = decodeByteString(input)
      return said === undefined ? err('it is no abi.encode(string)') : chatBody(container, said)
    }
    case 'chat-json':
      return givenBody(container, input)
    case 'tensor':
    case 'tensor-words':
      return tensorInput(container, input, inputs)
  }
}

/** Sampling that gives the same answer again where the model can: several nodes answer one interval. */
function chatBody(
  { modelName, system, completionTokensMax }: InfernetContainer,
  said: Buffer,
): Result<Buffer, string> {
  if (!isUtf8(said)) return err('its text is not UTF-8')
  if (said.length === 0) return err('its text is empty')
  const user = { role: 'user', content: said.toString() }
  const messages = system === undefined ? [user] : [{ role: 'system', content: system }, user]
  const sampling = { temperature: 0, seed: 0 }
  const body = { model: modelName, messages, max_tokens: completionTokensMax, ...sampling }
  return ok(Buffer.from(JSON.stringify(body)))
}

/** Passed on as it is: what else is in it is judged where every body of that endpoint is. */
function givenBody(container: InfernetContainer, input: Buffer): Result<Buffer, string> {
  const body = parseObject(input)
  if (body === undefined) return err('it is no JSON object')
  const { modelName, completionTokensMax } = container
  if (body['model'] !== modelName) return err(`its model is not ${modelName}`)
  // Who pays for the answer is not who wrote the body, so that it must say how long the answer may be.
  const bounds = ['max_tokens', 'max_completion_tokens'].filter((name) => name in body)
  const isBound = (name: string) => {
    const bound = body[name]
    return typeof bound === 'number' && bound <= completionTokensMax
  }
  if (bounds.length === 0 || !bounds.every(isBound)) {
    return err(`its max_completion_tokens is not given, or over ${completionTokensMax}`)
  }
  return ok(input)
}

function parseObject(input: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (!isUtf8(input)) return undefined
  try {
    const value: unknown = JSON.parse(input.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

/** The wire form of a tensor, which is what a provable model is asked with wherever a contract asks. */
function tensorInput(
  { input: form, decimals }: InfernetContainer,
  input: Buffer,
  inputs: readonly Tensor[],
): Result<Buffer, string> {
  const isArray = form === 'tensor'
  const values = decodeInt256s(input, isArray ? 'array' : 'words')
  if (values === undefined) {
    return err(isArray ? 'it is no abi.encode(int256[])' : 'it is no row of int256')
  }
  const count = valueCountOf(inputs)
  if (values.length !== count) return err(`it has ${values.length} values and not ${count}`)
  const integers = decimals === undefined ? values : scaledIntegers(values, inputs, decimals)
  if (integers.some((integer) => integer < int32Min || integer > int32Max)) {
    return err('it has a value that no tensor has')
  }
  return ok(encodeInt256s(integers, 'array'))
}
