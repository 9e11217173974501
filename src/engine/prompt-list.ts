import { invalidType, invalidValue, outOfBounds } from '../contributor/openai-refusal.ts'
import { type FieldReader, kindOf } from './body-fields.ts'

/** A text, or the ids of its tokens. */
export type Prompt = string | readonly number[]

type PromptBounds = {
  readonly param: string
  readonly countMax: number
  readonly vocabularySize: number
}

const promptExpected =
  'a string, an array of strings, an array of token ids, or an array of such arrays'

/** One or several, under the name of `param`; what is wrong with them goes to the reader. */
export function readPrompts(
  reader: FieldReader,
  value: unknown,
  { param, countMax, vocabularySize }: PromptBounds,
): readonly Prompt[] {
  const isOne = !Array.isArray(value) || typeof value[0] === 'number'
  const list: readonly unknown[] = isOne ? [value] : value
  if (list.length === 0 || list.length > countMax) {
    reader.refuse(
      outOfBounds({
        param,
        code: list.length === 0 ? 'empty_array' : 'array_above_max_length',
        complaint: list.length === 0 ? 'empty array' : 'array too long',
        expected: `an array of 1 to ${countMax} prompts`,
        got: `an array with length ${list.length}`,
      }),
    )
    return []
  }
  const prompts = list.map((prompt, index) => {
    const at = isOne ? param : `${param}[${index}]`
    return readPrompt(reader, prompt, { param: at, vocabularySize })
  })
  return prompts.filter((prompt) => prompt !== undefined)
}

function readPrompt(
  reader: FieldReader,
  prompt: unknown,
  at: { readonly param: string; readonly vocabularySize: number },
): Prompt | undefined {
  const { param, vocabularySize } = at
  if (typeof prompt === 'string') {
    if (prompt !== '' && prompt.isWellFormed()) return prompt
    return reader.refuse(invalidValue({ param, expected: 'a text without lone surrogates' }))
  }
  if (!Array.isArray(prompt)) {
    return reader.refuse(invalidType({ param, expected: promptExpected, got: kindOf(prompt) }))
  }
  const isTokenId = (entry: unknown): boolean =>
    Number.isInteger(entry) && Number(entry) >= 0 && Number(entry) < vocabularySize
  if (prompt.length > 0 && prompt.every(isTokenId)) return prompt as readonly number[]
  return reader.refuse(invalidValue({ param, expected: `token ids below ${vocabularySize}` }))
}
