/*
 * JSON Schemas (draft 2020-12, as OpenAPI 3.1 has them) of what models are asked and what they answer. They say what the
 * gateway itself reads and writes; whatever else a body has goes through, so no object here is closed.
 */

export type Schema = Readonly<Record<string, unknown>>

export const text: Schema = { type: 'string' }
export const whole: Schema = { type: 'integer' }
export const flag: Schema = { type: 'boolean' }
export const any: Schema = {}
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
export const list = (items: Schema): Schema => ({ type: 'array', items })
export const oneOf = (...values: readonly string[]): Schema => ({ enum: values })
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })

/** Members whose name ends in `?` may be absent. */
export function object(members: Readonly<Record<string, Schema>>, description?: string): Schema {
  const names = Object.keys(members)
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    required: names.filter((name) => !name.endsWith('?')),
    properties: Object.fromEntries(
      names.map((name) => [name.replace(/\?$/, ''), members[name] ?? any]),
    ),
  }
}

/** `items` of one kind; `members` is what else such a list says. */
export const listObject = (items: Schema, members: Readonly<Record<string, Schema>> = {}): Schema =>
  object({ object: { const: 'list' }, data: list(items), ...members })

export const amount: Schema = {
  type: 'string',
  pattern: '^[0-9]{1,39}$',
  description: 'Atomic units of the asset, in decimal digits.',
}
export const hex32: Schema = { type: 'string', pattern: '^0x[0-9a-f]{64}$' }
export const address: Schema = { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' }
export const signature: Schema = { type: 'string', pattern: '^0x([0-9a-f]{2})*$' }
/** For a million tokens. */
export const prices: Schema = object({ prompt: amount, cached_prompt: amount, completion: amount })
/** The EIP-712 domain that something is signed in. */
export const signingDomain: Schema = object({
  name: text,
  version: text,
  chainId: whole,
  verifyingContract: address,
})

const part = object({ type: text })
const content = { anyOf: [text, list(part), { type: 'null' }] }
const toolCall = object({ id: text, type: text, function: object({ name: text, arguments: text }) })
const usage = ref('Usage')

/** What every request may have beside the fields of its API. */
export const ours: Readonly<Record<string, Schema>> = {
  'routing?': ref('RoutingPreferences'),
  'attestation?': ref('AttestationWish'),
}

type SamplingMember =
  | `${'temperature' | 'top_p' | 'presence_penalty' | 'frequency_penalty'}?`
  | `${'stream' | 'stream_options' | 'n' | 'max_tokens'}?`

export const sampling: Readonly<Record<SamplingMember, Schema>> = {
  'temperature?': orNull({ type: 'number', minimum: 0, maximum: 2 }),
  'top_p?': orNull({ type: 'number', minimum: 0, maximum: 1 }),
  'presence_penalty?': orNull({ type: 'number', minimum: -2, maximum: 2 }),
  'frequency_penalty?': orNull({ type: 'number', minimum: -2, maximum: 2 }),
  'stream?': orNull(flag),
  'stream_options?': orNull(object({ 'include_usage?': flag })),
  'n?': orNull({ type: 'integer', minimum: 1 }),
  'max_tokens?': orNull({ type: 'integer', minimum: 1 }),
}

export const choiceOf = (members: Readonly<Record<string, Schema>>): Schema =>
  object({ index: whole, ...members, finish_reason: orNull(text) })

export const choicesOf = (kind: string, choice: Schema): Schema =>
  object({
    id: text,
    object: { const: kind },
    created: whole,
    model: text,
    choices: list(choice),
    'usage?': orNull(usage),
  })

/** Of a provable model: docs/inference.md. */
const tensorMembers = { name: text, shape: list(whole), scale_bits: whole }

export const inferenceSchemas: Readonly<Record<string, Schema>> = {
  Error: object({
    error: object({
      message: text,
      type: text,
      param: orNull(text),
      code: orNull(text),
      'request_id?': text,
    }),
  }),
  Usage: object({
    prompt_tokens: whole,
    completion_tokens: whole,
    total_tokens: whole,
    'prompt_tokens_details?': orNull(object({ 'cached_tokens?': orNull(whole) })),
    'completion_tokens_details?': orNull(object({ 'reasoning_tokens?': orNull(whole) })),
  }),
  RoutingPreferences: {
    ...object(
      {
        'order?': list(text),
        'only?': list(text),
        'ignore?': list(text),
        'allow_fallbacks?': flag,
        'hedge?': flag,
        'sort?': oneOf('price', 'latency', 'throughput'),
        'max_price?': object(
          { 'prompt?': any, 'completion?': any },
          'US dollars a million tokens.',
        ),
        'max_ttft_ms?': { type: 'number', minimum: 1 },
        'region?': text,
        'affinity?': text,
      },
      'Who may answer. The header x-vouch-routing takes the same object.',
    ),
  },
  AttestationWish: object(
    { 'mode?': oneOf('none', 'signed', 'zk'), 'wait?': flag, 'audit?': flag },
    'What must prove the answer.',
  ),
  ChatCompletionRequest: object({
    model: text,
    messages: { ...list(object({ role: text, 'content?': content })), minItems: 1 },
    ...sampling,
    'max_completion_tokens?': orNull({ type: 'integer', minimum: 1 }),
    ...ours,
  }),
  ChatCompletion: choicesOf(
    'chat.completion',
    choiceOf({
      message: object({
        role: { const: 'assistant' },
        content: orNull(text),
        'tool_calls?': list(toolCall),
      }),
    }),
  ),
  ChatCompletionChunk: choicesOf(
    'chat.completion.chunk',
    choiceOf({
      delta: object({
        'role?': text,
        'content?': orNull(text),
        'tool_calls?': list(object({ index: whole })),
      }),
    }),
  ),
  ResponsesRequest: object({
    model: text,
    input: { anyOf: [text, { ...list({ type: 'object' }), minItems: 1 }] },
    'instructions?': orNull(text),
    'tools?': orNull(list(object({ type: { const: 'function' }, name: text }))),
    'tool_choice?': orNull({ anyOf: [oneOf('auto', 'none', 'required'), object({ type: text })] }),
    'parallel_tool_calls?': orNull(flag),
    'text?': orNull(object({ 'format?': orNull(object({ type: text })) })),
    'reasoning?': orNull(object({ 'effort?': orNull(text) })),
    'max_output_tokens?': orNull({ type: 'integer', minimum: 1 }),
    'temperature?': sampling['temperature?'],
    'top_p?': sampling['top_p?'],
    'stream?': orNull(flag),
    'store?': orNull({ const: false }),
    ...ours,
  }),
  Response: object({
    id: text,
    object: { const: 'response' },
    created_at: whole,
    model: text,
    status: oneOf('in_progress', 'completed', 'incomplete', 'failed'),
    output: list(object({ id: text, type: oneOf('message', 'reasoning', 'function_call') })),
    incomplete_details: orNull(object({ reason: oneOf('max_output_tokens', 'content_filter') })),
    error: orNull(object({ code: text, message: text })),
    store: { const: false },
    'usage?': object({ input_tokens: whole, output_tokens: whole, total_tokens: whole }),
  }),
  ResponseEvent: object({ type: text, sequence_number: whole }),
  MessagesRequest: object({
    model: text,
    max_tokens: { type: 'integer', minimum: 1 },
    messages: {
      ...list(object({ role: text, content: { anyOf: [text, list(part)] } })),
      minItems: 1,
    },
    'system?': { anyOf: [text, list(part)] },
    'stop_sequences?': list(text),
    'stream?': flag,
    'tools?': list(object({ name: text, input_schema: { type: 'object' } })),
    'tool_choice?': object({ type: oneOf('auto', 'any', 'tool', 'none') }),
    ...ours,
  }),
  Message: object({
    id: text,
    type: { const: 'message' },
    role: { const: 'assistant' },
    model: text,
    content: list(part),
    stop_reason: orNull(text),
    stop_sequence: orNull(text),
    usage: object({ input_tokens: whole, output_tokens: whole }),
  }),
  MessageEvent: object({ type: text }),
  MessagesError: object({
    type: { const: 'error' },
    error: object({ type: text, message: text, code: orNull(text) }),
    request_id: orNull(text),
  }),
  Model: object({
    id: text,
    object: { const: 'model' },
    created: whole,
    owned_by: text,
    context_length: whole,
    max_completion_tokens: whole,
    vouch: object({
      model_id: hex32,
      price_hash: hex32,
      asset: address,
      prompt_atomic_per_mtok: amount,
      cached_prompt_atomic_per_mtok: amount,
      completion_atomic_per_mtok: amount,
      asked_now: object({ lowest: prices, highest: prices }),
      endpoints: list(text),
      units: list(
        object({
          unit: oneOf('token', 'vector', 'result', 'image', 'character', 'second', 'value'),
          endpoints: list(text),
          price_hash: hex32,
          prompt_atomic_per_mtok: amount,
          atomic_per_million: amount,
        }),
      ),
      'inputs?': list(
        object({
          ...tensorMembers,
          minima: list({ type: 'number' }),
          maxima: list({ type: 'number' }),
        }),
      ),
      'outputs?': list(object(tensorMembers)),
      'proof?': orNull(
        object({
          system: oneOf('groth16', 'ultrahonk', 'ezkl'),
          circuit: text,
          vk_hash: hex32,
          setup: text,
          seconds: orNull({ type: 'number' }),
          memory_bytes: orNull(whole),
          verify_gas: orNull(whole),
        }),
      ),
    }),
  }),
  ModelList: listObject(ref('Model')),
}
