/*
 * The endpoints at which models are asked for other things than a chat: their rows and schemas of the OpenAPI document.
 */
import type { Operation } from './openapi-operations.ts'
import {
  choiceOf,
  choicesOf,
  flag,
  list,
  object,
  oneOf,
  orNull,
  ours,
  ref,
  type Schema,
  sampling,
  text,
  whole,
} from './openapi-schemas.ts'

export const endpointOperations: readonly Omit<Operation, 'method' | 'access'>[] = [
  {
    path: '/v1/completions',
    summary: 'Create a text completion',
    body: 'CompletionRequest',
    answer: 'Completion',
    events: 'CompletionChunk',
  },
  {
    path: '/v1/embeddings',
    summary: 'Create embeddings',
    body: 'EmbeddingsRequest',
    answer: 'Embeddings',
  },
]

/** One prompt or several, each a text or token ids. */
const prompts: Schema = { anyOf: [text, list(text), list(whole), list(list(whole))] }
const textChoice = choiceOf({ text })

export const endpointSchemas: Readonly<Record<string, Schema>> = {
  CompletionRequest: object({
    model: text,
    prompt: prompts,
    ...sampling,
    'best_of?': orNull({ type: 'integer', minimum: 1 }),
    'echo?': orNull(flag),
    'suffix?': orNull(text),
    ...ours,
  }),
  Completion: choicesOf('text_completion', textChoice),
  CompletionChunk: choicesOf('text_completion', textChoice),
  EmbeddingsRequest: object({
    model: text,
    input: prompts,
    'encoding_format?': orNull(oneOf('float', 'base64')),
    'dimensions?': orNull({ type: 'integer', minimum: 1 }),
    ...ours,
  }),
  Embeddings: object({
    object: { const: 'list' },
    model: text,
    data: list(
      object({
        object: { const: 'embedding' },
        index: whole,
        embedding: { anyOf: [list({ type: 'number' }), text] },
      }),
    ),
    'usage?': orNull(ref('EmbeddingsUsage')),
  }),
  EmbeddingsUsage: object({ prompt_tokens: whole, 'total_tokens?': whole }),
}
