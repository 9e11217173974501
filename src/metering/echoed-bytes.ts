import type { InferenceRequest } from '../domain/request.ts'

/**
 * UTF-8 bytes of an answer that its prompts said before. A caller may ask for an echo, but not every engine gives one: only what
 * is there is taken off. What token ids stand for is not known here: each is taken for a byte, the least that it can be.
 */
export function echoedBytesIn(
  choices: readonly { readonly text: string }[],
  { forwardedBody, promptCount = 1 }: Pick<InferenceRequest, 'forwardedBody' | 'promptCount'>,
): number {
  const { prompt } = JSON.parse(forwardedBody.toString()) as { readonly prompt: unknown }
  const prompts = promptCount > 1 ? (prompt as readonly unknown[]) : [onlyPrompt(prompt)]
  const perPrompt = Math.max(1, choices.length / promptCount)
  return choices.reduce((bytes, { text }, index) => {
    return bytes + beginningBytes(text, prompts[Math.floor(index / perPrompt)])
  }, 0)
}

/** A list of one text, or of one list of ids, is that one. */
const onlyPrompt = (prompt: unknown): unknown =>
  Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt[0] : prompt

function beginningBytes(text: string, prompt: unknown): number {
  if (Array.isArray(prompt)) return Math.min(prompt.length, Buffer.byteLength(text))
  const said = String(prompt)
  let length = 0
  while (length < text.length && text[length] === said[length]) length += 1
  return Buffer.byteLength(text.slice(0, length))
}
