/*
 * The endpoints at which models are asked for other things than a chat: their rows and schemas of the OpenAPI document.
 */
import { imagesMax } from '../../base/limits.ts'
import { inferenceOperation } from './openapi-inference.ts'
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
  {
    path: '/v1/moderations',
    summary: 'Judge texts and images',
    body: 'ModerationsRequest',
    answer: 'Moderations',
  },
  inferenceOperation,
  {
    path: '/v1/images/generations',
    summary: 'Create images',
    body: 'ImagesRequest',
    answer: 'Images',
  },
  {
    path: '/v1/images/edits',
    summary: 'Create images of others',
    body: 'ImageEditsForm',
    isForm: true,
    answer: 'Images',
  },
  { path: '/v1/audio/speech', summary: 'Speak a text', body: 'SpeechRequest', answer: 'audio/*' },
  {
    path: '/v1/audio/transcriptions',
    summary: 'Write down what is said in a recording',
    body: 'RecordingForm',
    isForm: true,
    answer: 'Transcript',
  },
  {
    path: '/v1/audio/translations',
    summary: 'Write down in English what is said in a recording',
    body: 'RecordingForm',
    isForm: true,
    answer: 'Transcript',
  },
]

/** One prompt or several, each a text or token ids. */
const prompts: Schema = { anyOf: [text, list(text), list(whole), list(list(whole))] }
const textChoice = choiceOf({ text })

const binary: Schema = { type: 'string', format: 'binary' }
const files: Schema = { anyOf: [binary, list(binary)] }
const imageWish = {
  model: text,
  prompt: text,
  'n?': orNull({ type: 'integer', minimum: 1, maximum: imagesMax }),
  'size?': orNull(text),
  'response_format?': orNull(oneOf('url', 'b64_json')),
}

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
  ModerationsRequest: object({
    model: text,
    input: { anyOf: [text, { ...list({ anyOf: [text, { type: 'object' }] }), minItems: 1 }] },
    ...ours,
  }),
  Moderations: object({ results: list(object({ flagged: flag })) }),
  ImagesRequest: object({ ...imageWish, ...ours }),
  ImageEditsForm: object({ ...imageWish, image: files }),
  Images: object({
    data: list(object({ 'b64_json?': orNull(text), 'url?': orNull(text) })),
    'usage?': orNull(object({ 'input_tokens?': whole, 'output_tokens?': whole })),
  }),
  SpeechRequest: object({
    model: text,
    input: { type: 'string', minLength: 1 },
    'voice?': { anyOf: [text, { type: 'object' }] },
    'response_format?': orNull(text),
    ...ours,
  }),
  RecordingForm: object({
    model: text,
    file: binary,
    'prompt?': text,
    'language?': text,
    'response_format?': text,
  }),
  Transcript: object({
    text,
    'duration?': { anyOf: [{ type: 'number' }, text] },
    'usage?': object({ 'seconds?': { type: 'number' } }),
  }),
}
