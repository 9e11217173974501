import { utf8Bytes, utf8Text } from '../base/bytes.ts'
import type { Receipt } from '../domain/receipt.ts'
import { type Bytes32, zeroBytes32 } from '../domain/units.ts'
import { answerHash, canonicalText, textHash, toolCallsHash } from './answer-hash.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import { nameNearMiss } from './near-miss.ts'

/** `n` of a request for one prompt: a choice may be silent, so that more were asked for than are seen. */
export const choicesMax = 8
/** What several prompts, or several inputs, come to at most in one answer. */
const deliveredMax = 2_048

/**
 * Whether `choices`, one file for each choice in the order of their index, are what `contentHash`
 * was made of.
 */
export function checkContent({ work }: Receipt, choices: readonly Uint8Array[]): CheckLine {
  const check = 'content'
  if (choices.length === 0) return unknown(check, 'no content was given: add --content')
  if (work.contentHash === zeroBytes32) {
    return fails(check, 'the receipt covers no content: its gateway lost sight of the answer')
  }
  if (choices.length > deliveredMax) {
    return fails(check, `${choices.length} choices are more than an answer can have`)
  }
  const expected = work.contentHash
  if (readings(choices).some((hash) => hash === expected)) {
    const bytes = choices.reduce((sum, choice) => sum + choice.length, 0)
    return holds(check, `${describeChoices(choices)} (${bytes} bytes) give the contentHash`)
  }
  const [only] = choices
  const near =
    choices.length === 1 && only !== undefined
      ? nameNearMiss(only, (candidate) => readings([candidate]).includes(expected))
      : undefined
  return fails(check, near ?? `${describeChoices(choices)} give another hash`)
}

/**
 * The bytes whose keccak256 a contract compares with `contentHash`: the text, or the tool calls in
 * canonical JSON. Undefined for several choices, whose hash is a Merkle root.
 */
export function contractContent(
  { work }: Receipt,
  choices: readonly Uint8Array[],
): Uint8Array | undefined {
  const [only] = choices
  if (only === undefined || choices.length > 1) return undefined
  const toolCalls = parseArray(only)
  return toolCalls !== undefined && toolCallsHash(toolCalls) === work.contentHash
    ? utf8Bytes(canonicalText(toolCalls))
    : only
}

const describeChoices = (choices: readonly Uint8Array[]): string =>
  choices.length === 1 ? 'the bytes' : `the ${choices.length} choices`

/**
 * A choice is text or, where it parses as one, an array of tool calls: every way to read all of
 * them together.
 */
function readings(choices: readonly Uint8Array[]): readonly Bytes32[] {
  const [only, ...others] = choices
  // Tools are called in chats alone, which have no more choices than that.
  if (only !== undefined && choices.length > choicesMax) {
    return [answerHash([textHash(only), ...others.map(textHash)])]
  }
  let combinations: readonly (readonly Bytes32[])[] = [[]]
  for (const choice of choices) {
    const hashes = choiceReadings(choice)
    combinations = combinations.flatMap((before) => hashes.map((hash) => [...before, hash]))
  }
  return combinations.flatMap(([first, ...rest]) =>
    first === undefined ? [] : [answerHash([first, ...rest])],
  )
}

function choiceReadings(choice: Uint8Array): readonly Bytes32[] {
  const toolCalls = parseArray(choice)
  const asText = textHash(choice)
  return toolCalls === undefined ? [asText] : [asText, toolCallsHash(toolCalls)]
}

function parseArray(bytes: Uint8Array): readonly unknown[] | undefined {
  if (bytes[0] !== '['.charCodeAt(0)) return undefined
  try {
    const value: unknown = JSON.parse(utf8Text(bytes))
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
