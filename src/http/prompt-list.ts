import { introductionBytes } from '../domain/prompt-bound.ts'
import { bytesPerTokenMost } from '../gateway/route-request.ts'
import type { FieldReader } from './field-reader.ts'

/** One prompt or several, each a text or a list of token ids, as `/v1/completions` and `/v1/embeddings` take them. */
export type PromptList = {
  readonly count: number
  /** Of all together: UTF-8 bytes of texts, and one for each token id. No tokenizer makes more tokens of them. */
  readonly bytes: number
  /** Tokens that the longest certainly has. */
  readonly longestTokensMin: number
}

type Bounds = {
  readonly countMax: number
  /** Whether a text may be empty. */
  readonly takesEmpty: boolean
}

const expected = 'a string, an array of strings, an array of token ids, or an array of such arrays'
const isTokenId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32

/** Undefined where the reader's verdict says why. */
export function readPrompts(
  reader: FieldReader,
  name: string,
  bounds: Bounds,
): PromptList | undefined {
  const value = reader.raw(name)
  if (value === undefined) return reader.missing(name)
  const prompts = Array.isArray(value) && !isTokenId(value[0]) ? value : [value]
  if (prompts.length === 0) return reader.unfit(name, 'at least one prompt')
  if (prompts.length > bounds.countMax) {
    return reader.unfit(name, `at most ${bounds.countMax} at once`)
  }
  let bytes = 0
  let longestTokensMin = 0
  for (const [index, prompt] of prompts.entries()) {
    const size = sizeOf(prompt)
    const param = prompts.length > 1 ? `${name}[${index}]` : name
    if (size === undefined) return reader.mistyped(param, expected)
    if (size.bytes === 0 && !(bounds.takesEmpty && prompt === '')) {
      return reader.unfit(param, 'not to be empty')
    }
    bytes += size.bytes
    longestTokensMin = Math.max(longestTokensMin, size.tokensMin)
  }
  return { count: prompts.length, bytes, longestTokensMin }
}

/**
 * Bytes of all prompts where an engine may write what else the body says before each: who puts a prompt where only some
 * engines look for it pays for it like any other.
 */
export const boundRendered = ({ count, bytes }: PromptList, body: Buffer): number =>
  bytes + count * (Math.max(0, body.length - bytes) + introductionBytes)

function sizeOf(
  prompt: unknown,
): { readonly bytes: number; readonly tokensMin: number } | undefined {
  if (typeof prompt === 'string') {
    const bytes = Buffer.byteLength(prompt)
    return { bytes, tokensMin: Math.floor(bytes / bytesPerTokenMost) }
  }
  if (!Array.isArray(prompt) || !prompt.every(isTokenId)) return undefined
  return { bytes: prompt.length, tokensMin: prompt.length }
}
