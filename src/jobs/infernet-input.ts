/*
 * The bytes of a consumer as the body of a request. They come from a contract that anybody wrote: what its container's form does
 * not describe exactly is refused, never guessed at.
 */
import { isUtf8 } from 'node:buffer'
import { decodeByteString, decodeInt256s } from '../base/abi-bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { type InfernetContainer, isTensorForm } from './infernet-container.ts'

/** A consumer's bytes that are more than this are not read: each is paid for by the gas of a delivery that nobody would make. */
export const infernetInputBytesMax: number = 128 * 1_024

export const infernetEndpoint = ({ input }: Pick<InfernetContainer, 'input'>): Endpoint =>
  isTensorForm(input) ? 'inference' : 'chat/completions'

/** A body in JSON; the same bytes always make the same body. The error says what the bytes are not, without quoting them. */
export function infernetRequestBody(
  container: InfernetContainer,
  input: Buffer,
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
      return tensorBody(container, input)
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

function tensorBody(
  { modelName, input: form, decimals }: InfernetContainer,
  input: Buffer,
): Result<Buffer, string> {
  const isArray = form === 'tensor'
  const values = decodeInt256s(input, isArray ? 'array' : 'words')
  if (values === undefined) {
    return err(isArray ? 'it is no abi.encode(int256[])' : 'it is no row of int256')
  }
  const member = decimals === undefined ? 'input_integers' : 'input'
  const numbers = values.map((value) => decimalText(value, decimals ?? 0)).join(',')
  return ok(Buffer.from(`{"model":${JSON.stringify(modelName)},"${member}":[${numbers}]}`))
}

/** Exactly `value / 10^decimals`, as JSON writes numbers. */
export function decimalText(value: bigint, decimals: number): string {
  if (decimals === 0) return String(value)
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, '0')
  const whole = digits.slice(0, -decimals)
  return `${value < 0n ? '-' : ''}${whole}.${digits.slice(-decimals)}`
}
