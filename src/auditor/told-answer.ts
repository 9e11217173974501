/*
 * What a response says that was answered, choice by choice, with the log-probabilities where it has some. Source: OpenAI API
 * reference, "The chat completion object", its chunks, and "The completion object".
 */
import { err, ok, type Result } from '../base/result.ts'
import { isUnary, splitEvents } from '../client/read-answer.ts'

type ToldToken = {
  readonly bytes: Uint8Array
  /** Natural logarithm, at temperature 1 and before bias and penalties. */
  readonly logprob: number
}

export type ToldChoice = {
  readonly text: string
  /** As it stands there; undefined where a choice has no end. */
  readonly finishReason: string | undefined
  /** Undefined where no log-probabilities were asked for. */
  readonly tokens: readonly ToldToken[] | undefined
}

type Fields = Readonly<Record<string, unknown>>
type GrowingChoice = { text: string; finishReason: string | undefined; tokens: ToldToken[] }

/** Of a forged index no array may grow. */
const choicesToldMax = 1_024

/** Choices in the order of their index; the error says what the body is not. */
export function readToldChoices(body: Buffer): Result<readonly ToldChoice[], string> {
  const growing: GrowingChoice[] = []
  for (const json of isUnary(body) ? [body.toString()] : payloadsOf(body)) {
    const choices = choicesOf(json)
    if (!choices.ok) return choices
    for (const choice of choices.value) {
      const index = indexOf(choice)
      if (index === undefined) return err('a choice has no usable index')
      growing[index] ??= { text: '', finishReason: undefined, tokens: [] }
      addPart(growing[index], choice)
    }
  }
  // Array.from fills what a sparse list of indices left out.
  const told = Array.from(growing)
    .flatMap((choice) => choice ?? [])
    .map(finished)
  return told.length > 0 && told.length === growing.length ? ok(told) : err('choices are missing')
}

const finished = ({ tokens, ...told }: GrowingChoice): ToldChoice => ({
  ...told,
  tokens: tokens.length === 0 ? undefined : tokens,
})

function indexOf(choice: Fields): number | undefined {
  const index = Number(choice['index'] ?? 0)
  return Number.isInteger(index) && index >= 0 && index < choicesToldMax ? index : undefined
}

const dataPrefix = 'data: '

const payloadsOf = (body: Buffer): readonly string[] =>
  splitEvents(body)
    .map((event) => event.toString().trimEnd())
    .filter((event) => event.startsWith(dataPrefix) && event !== 'data: [DONE]')
    .map((event) => event.slice(dataPrefix.length))

function choicesOf(json: string): Result<readonly Fields[], string> {
  try {
    const { choices } = asFields(JSON.parse(json))
    return Array.isArray(choices) ? ok(choices.map(asFields)) : err('a part of it has no choices')
  } catch {
    return err('a part of it is not JSON')
  }
}

const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

function addPart(growing: GrowingChoice, choice: Fields): void {
  const said = asFields(choice['message'] ?? choice['delta'])
  const text = said['content'] ?? choice['text']
  if (typeof text === 'string') growing.text += text
  if (typeof choice['finish_reason'] === 'string') growing.finishReason = choice['finish_reason']
  const { content, tokens, token_logprobs: logprobs } = asFields(choice['logprobs'])
  // One by one: as arguments of one call a long list would end the audit.
  if (Array.isArray(content)) {
    for (const token of content) growing.tokens.push(chatToken(asFields(token)))
  }
  if (Array.isArray(tokens) && Array.isArray(logprobs)) {
    for (const [at, name] of tokens.entries()) {
      growing.tokens.push({ bytes: bytesOfName(String(name)), logprob: Number(logprobs[at]) })
    }
  }
}

const chatToken = ({ token, bytes, logprob }: Fields): ToldToken => ({
  bytes: Array.isArray(bytes) ? Uint8Array.from(bytes) : bytesOfName(String(token)),
  logprob: Number(logprob),
})

/** Bytes that are no whole characters are spelled `bytes:\xf0\x9f`. */
function bytesOfName(name: string): Uint8Array {
  const spelled = /^bytes:((?:\\x[0-9a-f]{2})+)$/.exec(name)?.[1]
  return spelled === undefined
    ? Buffer.from(name)
    : Buffer.from(spelled.replaceAll('\\x', ''), 'hex')
}
