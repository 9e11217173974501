/*
 * The Response object and the events that tell it. Source: OpenAI API reference, "The response object" and "Streaming
 * events"; test/conformance/responses-types.test.ts holds these types to those of the `openai` package.
 */
import type { InferenceRequest } from '../../domain/request.ts'
import type { MeteredUsage } from '../../domain/usage.ts'
import type { Fields } from '../field-reader.ts'

export type FunctionTool = {
  readonly type: 'function'
  readonly name: string
  readonly description: string | null
  readonly parameters: Fields | null
  readonly strict: boolean | null
}

type NamedFunction = { readonly type: 'function'; readonly name: string }
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | NamedFunction
  | {
      readonly type: 'allowed_tools'
      readonly mode: 'auto' | 'required'
      readonly tools: readonly NamedFunction[]
    }

export type TextFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema'
      readonly name: string
      readonly schema: Fields
      readonly description?: string
      readonly strict: boolean | null
    }

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
type SummaryWish = 'auto' | 'concise' | 'detailed'
export type Verbosity = 'low' | 'medium' | 'high'

type Token = { readonly token: string; readonly logprob: number }
/** As an event has it. */
export type EventLogprob = Token & { readonly top_logprobs: readonly Token[] }

type TokenBytes = Token & { readonly bytes: readonly number[] }
/** As an item has it. */
export type Logprob = TokenBytes & { readonly top_logprobs: readonly TokenBytes[] }

type Status = 'in_progress' | 'completed' | 'incomplete'
export type EndedStatus = Exclude<Status, 'in_progress'>

type OutputText = {
  readonly type: 'output_text'
  readonly text: string
  readonly annotations: readonly never[]
  readonly logprobs: readonly Logprob[]
}
type Refused = { readonly type: 'refusal'; readonly refusal: string }
export type MessagePart = OutputText | Refused
export type ReasoningPart = { readonly type: 'reasoning_text'; readonly text: string }

export type OutputItem =
  | {
      readonly type: 'message'
      readonly id: string
      readonly status: Status
      readonly role: 'assistant'
      readonly content: readonly MessagePart[]
    }
  | {
      readonly type: 'reasoning'
      readonly id: string
      readonly status: Status
      /** Engines tell what they thought itself, not a summary of it. */
      readonly summary: readonly never[]
      readonly content: readonly ReasoningPart[]
    }
  | {
      readonly type: 'function_call'
      readonly id: string
      readonly status: Status
      readonly call_id: string
      readonly name: string
      readonly arguments: string
    }

/** What an answer repeats of its request. */
export type ResponseEcho = {
  readonly instructions: string | null
  readonly max_output_tokens: number | null
  readonly metadata: Readonly<Record<string, string>>
  readonly parallel_tool_calls: boolean
  readonly prompt_cache_key: string | null
  readonly reasoning: { readonly effort: Effort | null; readonly summary: SummaryWish | null }
  readonly safety_identifier: string | null
  readonly temperature: number | null
  readonly text: { readonly format: TextFormat; readonly verbosity?: Verbosity }
  readonly tool_choice: ToolChoice
  readonly tools: readonly FunctionTool[]
  readonly top_logprobs: number
  readonly top_p: number | null
  readonly user?: string
}

type ResponseUsage = {
  readonly input_tokens: number
  readonly input_tokens_details: {
    readonly cached_tokens: number
    readonly cache_write_tokens: number
  }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

/** Where an answer stands, and what there is of it. */
export type ResponseState = {
  readonly status: Status | 'failed'
  readonly output: readonly OutputItem[]
  readonly incomplete_details: { readonly reason: 'max_output_tokens' | 'content_filter' } | null
  readonly error: {
    readonly code: 'server_error' | 'rate_limit_exceeded'
    readonly message: string
  } | null
  /** Tells what is charged, so it comes with the end. */
  readonly usage?: ResponseUsage
}

export type ResponseHead = ResponseEcho & {
  readonly id: string
  readonly object: 'response'
  /** Unix seconds. */
  readonly created_at: number
  readonly model: string
  readonly background: false
  readonly previous_response_id: null
  readonly max_tool_calls: null
  readonly service_tier: null
  readonly access_programs: null
  /** Nothing is kept: an answer cannot be asked for again, nor referred to. */
  readonly store: false
  readonly truncation: 'disabled'
}

export type ResponseObject = ResponseHead & ResponseState

/** What of an event the part of an item is found by. */
type PartPlace = {
  readonly item_id: string
  readonly output_index: number
  readonly content_index: number
}
type ItemPlace = Omit<PartPlace, 'content_index'>

export type ResponseEvent =
  | {
      readonly type: `response.${'created' | 'in_progress' | 'completed' | 'incomplete' | 'failed'}`
      readonly response: ResponseObject
    }
  | {
      readonly type: `response.output_item.${'added' | 'done'}`
      readonly output_index: number
      readonly item: OutputItem
    }
  | (PartPlace & {
      readonly type: `response.content_part.${'added' | 'done'}`
      readonly part: MessagePart | ReasoningPart
    })
  | (PartPlace & {
      readonly type: 'response.output_text.delta'
      readonly delta: string
      readonly logprobs: readonly EventLogprob[]
    })
  | (PartPlace & {
      readonly type: 'response.output_text.done'
      readonly text: string
      readonly logprobs: readonly EventLogprob[]
    })
  | (PartPlace & {
      readonly type: `response.${'reasoning_text' | 'refusal'}.delta`
      readonly delta: string
    })
  | (PartPlace & { readonly type: 'response.reasoning_text.done'; readonly text: string })
  | (PartPlace & { readonly type: 'response.refusal.done'; readonly refusal: string })
  | (ItemPlace & {
      readonly type: 'response.function_call_arguments.delta'
      readonly delta: string
    })
  | (ItemPlace & {
      readonly type: 'response.function_call_arguments.done'
      readonly arguments: string
    })
  | {
      readonly type: 'error'
      readonly code: string | null
      readonly message: string
      readonly param: string | null
      /** The same as OpenAI's servers tell it: some clients look here, others above. */
      readonly error: Fields
    }

/** Digits that all ids of one answer share: those of its request, by which the operator finds it. */
export const idDigits = ({ requestId }: Pick<InferenceRequest, 'requestId'>): string =>
  requestId.slice(requestId.indexOf('_') + 1)

export const responseHead = (
  request: Pick<InferenceRequest, 'requestId' | 'receivedAtMs' | 'modelName'>,
  echo: ResponseEcho,
): ResponseHead => ({
  id: `resp_${idDigits(request)}`,
  object: 'response',
  created_at: Math.floor(request.receivedAtMs / 1000),
  model: request.modelName,
  background: false,
  previous_response_id: null,
  max_tool_calls: null,
  service_tier: null,
  access_programs: null,
  store: false,
  truncation: 'disabled',
  ...echo,
})

export const responseUsage = (usage: MeteredUsage): ResponseUsage => ({
  input_tokens: usage.promptTokens,
  // What a contributor writes to its cache is not told, and not charged.
  input_tokens_details: { cached_tokens: usage.cachedPromptTokens, cache_write_tokens: 0 },
  output_tokens: usage.completionTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  total_tokens: usage.promptTokens + usage.completionTokens,
})
