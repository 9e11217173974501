/*
 * Our own count of an answer's tokens, for models whose tokenizer the operator gave us. Counting a kilobyte costs far more
 * than forwarding it, so it runs once per request, at its end, and only where there is a tokenizer to count with.
 */
import { readFileSync } from 'node:fs'
import { Tokenizer } from '@huggingface/tokenizers'
import { messageOf } from '../base/message-of.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { InferenceRequest } from '../domain/request.ts'

export type TokenCounter = {
  /** Tokens of a text, special tokens not added. */
  readonly count: (text: string) => number
}

/** Texts beyond this are not counted but bounded by their bytes: a tokenizer's worst case must not hold the event loop. */
const countedCharactersMax = 64 * 1024
/** Nor are prompts that are longer all together: thousands of short texts would hold it as long. */
const countedPromptBytesMax = 128 * 1024

/** Reads a Hugging Face `tokenizer.json`. Throws an Error naming the file when it cannot be read. */
export function loadTokenCounter(path: string): TokenCounter {
  let tokenizer: Tokenizer
  try {
    tokenizer = new Tokenizer(JSON.parse(readFileSync(path, 'utf8')), {})
  } catch (error) {
    const detail = messageOf(error)
    throw new Error(`tokenizer ${path} cannot be read: ${detail}`)
  }
  return {
    count: (text) =>
      text.length > countedCharactersMax
        ? Buffer.byteLength(text)
        : tokenizer.encode(text, { add_special_tokens: false }).ids.length,
  }
}

type Message = {
  readonly content?: unknown
  readonly tool_calls?: unknown
  readonly function_call?: unknown
}
type Prompt = {
  readonly messages: readonly Message[]
  readonly tools?: unknown
  readonly functions?: unknown
  readonly response_format?: unknown
}

/** Where an endpoint other than the chat has its prompts. */
const promptMembers: Readonly<Partial<Record<Endpoint, string>>> = {
  completions: 'prompt',
  embeddings: 'input',
}

/** Tokens of a prompt's texts. Undefined where they cannot be counted, or are too many to be. */
export function countPrompt(
  counter: TokenCounter,
  asked: Pick<InferenceRequest, 'endpoint' | 'forwardedBody'>,
): number | undefined {
  if (asked.forwardedBody.length > countedPromptBytesMax) return undefined
  if (asked.endpoint === 'chat/completions') return countMessages(counter, asked.forwardedBody)
  const member = promptMembers[asked.endpoint]
  if (member === undefined) return undefined
  const fields = JSON.parse(asked.forwardedBody.toString()) as Readonly<Record<string, unknown>>
  // It is made of a suffix, too, in each engine's own way.
  return fields['suffix'] == null ? countPlain(counter, fields[member]) : undefined
}

/** A text, a token, or a list of either. */
function countPlain(counter: TokenCounter, prompt: unknown): number {
  if (typeof prompt === 'string') return counter.count(prompt)
  if (!Array.isArray(prompt)) return 1
  return prompt.reduce<number>((tokens, part) => tokens + countPlain(counter, part), 0)
}

/**
 * Tokens of a chat prompt's texts, template not included. Undefined when the prompt has other parts than text: media, and
 * definitions and calls, which each template renders in its own way.
 */
function countMessages(counter: TokenCounter, body: Buffer): number | undefined {
  const { messages, ...fields } = JSON.parse(body.toString()) as Prompt
  if ((fields.tools ?? fields.functions ?? fields.response_format) != null) return undefined
  let tokens = 0
  for (const message of messages) {
    if ((message.tool_calls ?? message.function_call) != null) return undefined
    const counted = countContent(counter, message.content)
    if (counted === undefined) return undefined
    tokens += counted
  }
  return tokens
}

function countContent(counter: TokenCounter, content: unknown): number | undefined {
  let tokens = 0
  for (const part of Array.isArray(content) ? content : [content ?? '']) {
    const text: unknown = typeof part === 'string' ? part : (part as { text?: unknown }).text
    if (typeof text !== 'string') return undefined
    tokens += counter.count(text)
  }
  return tokens
}
