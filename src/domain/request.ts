import type { ContractAsk } from './contract-job.ts'
import type { Endpoint } from './endpoint.ts'
import type { SpendCap } from './hold.ts'
import type { RoutePreferences } from './route-preferences.ts'
import type { Bytes32 } from './units.ts'
import type { ChannelPayment } from './x402-payment.ts'

/**
 * Who pays: the holder of a key that draws on a channel, the channel's payer itself, request by request (x402), or a contract,
 * whose chain pays contributor and gateway when the answer is delivered, so that here it is charged nothing.
 */
export type Payer =
  | {
      readonly kind: 'api-key'
      readonly apiKeyId: string
      readonly channelId: Bytes32
      /** What this key may spend in all; undefined leaves it to the channel. */
      readonly spendCap: SpendCap | undefined
      /** Public names of the models that this key may ask for; undefined allows all. */
      readonly modelScope: readonly string[] | undefined
    }
  | { readonly kind: 'channel'; readonly channelId: Bytes32; readonly payment: ChannelPayment }
  | { readonly kind: 'contract'; readonly channelId: Bytes32; readonly ask: ContractAsk }

export const apiKeyIdOf = (payer: Payer): string | undefined =>
  payer.kind === 'api-key' ? payer.apiKeyId : undefined

/** What is known beforehand of an answer that is no text. */
export type ExpectedUnits = {
  /** What each choice comes to at most: 1 where the choices themselves are counted, such as images. */
  readonly perChoiceMax: number
  /** What it likely comes to, for an answer that does not say. */
  readonly perChoiceLikely: number
  /** The parameter that `perChoiceMax` is the exact size of, where it is refused beyond what a model takes. */
  readonly param?: string | undefined
  /** How the client wants it told; undefined takes it as it comes. */
  readonly form?: AnswerForm | undefined
}

/** Of vectors: numbers or base64. Of a transcript: JSON or bare text. */
type AnswerForm = 'float' | 'base64' | 'json' | 'text'

/** How whoever wants a proof gets it: by asking for it later, as the answer itself, or as the end of what is told meanwhile. */
export type ProofDelivery = 'later' | 'wait' | 'follow'

/** One request as it was asked, bounds checked, before anybody was chosen to answer it. */
export type InferenceRequest = {
  /** `req_` and 24 hex digits: names the request in logs and headers. */
  readonly requestId: string
  readonly jobId: Bytes32
  readonly receiptId: Bytes32
  /** What whoever answers is asked for. */
  readonly endpoint: Endpoint
  /** Where the client asked, such as `/v1/messages`; undefined where that is the endpoint's own path. */
  readonly path?: string | undefined
  /** The model's public name. */
  readonly modelName: string
  /** The exact bytes that the client sent. */
  readonly body: Buffer
  /** What whoever answers is sent: the same without the members that are for the gateway alone, or translated. */
  readonly forwardedBody: Buffer
  readonly requestHash: Bytes32
  readonly stream: boolean
  /** The client wants the usage chunk at the end of its stream. */
  readonly includeUsage: boolean
  /** `n`: choices to generate. */
  readonly choiceCount: number
  /** Messages of the prompt: engines add a few tokens of template around each. */
  readonly messageCount: number
  /** Text of all messages in UTF-8 bytes: no byte-level tokenizer makes more tokens of it. */
  readonly promptBytes: number
  /** Whether the prompt has parts other than text, whose tokens bytes do not bound. */
  readonly promptHasMedia: boolean
  /** Prompts that are read each in a context of its own; undefined: one. */
  readonly promptCount?: number | undefined
  /** Tokens that the longest of them certainly has; undefined leaves it to `promptBytes`. */
  readonly promptTokensMin?: number | undefined
  /** UTF-8 bytes of the prompt that the answer repeats; undefined: none. */
  readonly echoedBytes?: number | undefined
  /** Undefined where the answer is text. */
  readonly expected?: ExpectedUnits | undefined
  /** Content type of `forwardedBody`; undefined: JSON. */
  readonly contentType?: string | undefined
  /** Where the model's name stands in a `forwardedBody` that is not JSON. */
  readonly modelNameAt?: { readonly start: number; readonly end: number } | undefined
  /** The client's own bound per choice; undefined leaves it to the offer. */
  readonly completionTokensMax: number | undefined
  /** What the client calls that bound. */
  readonly completionTokensParam: string
  /** What the client says about who answers. */
  readonly preferences: RoutePreferences | undefined
  /** Only a contributor that signs its Work may answer. */
  readonly needsSignature: boolean
  /** Its answer is to be proven, and is withheld until it is; undefined: it is not. */
  readonly proof?: ProofDelivery | undefined
  /** The client agrees that request and answer are kept for auditors. No contributor learns of it. */
  readonly mayBeAudited?: boolean | undefined
  readonly receivedAtMs: number
  readonly payer: Payer
}

/** A request as it is priced: whoever pays, it costs the same. */
export type UnpaidRequest = Omit<InferenceRequest, 'payer'>
