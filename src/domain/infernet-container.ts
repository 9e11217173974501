/*
 * What an Infernet subscription calls a container is a model here, with the way that its bytes are read and written. Infernet itself
 * says nothing about the bytes: what an image reads and answers is its author's word, so an operator says it for each name.
 */
import type { Address, AtomicAmount } from './units.ts'

/** `tensor`: abi.encode(int256[]); `tensor-words`: as many int256 without a length, such as abi.encode(int256[4]). */
export const infernetInputForms = [
  'text',
  'abi-string',
  'chat-json',
  'tensor',
  'tensor-words',
] as const

/**
 * `pair`: abi.encode(bytes raw, bytes processed), as Ritual's own node writes what a container answers with; `plain`: the bytes
 * alone.
 */
export const infernetEnvelopes = ['pair', 'plain'] as const

export type InfernetContainer = {
  /** As `createSubscription` was called with it. */
  readonly name: string
  /** Public name of the model that answers. */
  readonly modelName: string
  readonly input: (typeof infernetInputForms)[number]
  /** Of texts where the input is one, else of numbers. */
  readonly output: 'text' | 'abi-string' | 'tensor' | 'tensor-words'
  readonly envelope: (typeof infernetEnvelopes)[number]
  /** Of texts: what is said before the consumer's words; undefined says nothing. */
  readonly system: string | undefined
  /** Of texts: how long an answer may be. */
  readonly completionTokensMax: number
  /** Of tensors: digits behind the point of the consumer's integers; undefined takes them as the model's own. */
  readonly decimals: number | undefined
  /** Of each payment this is kept for the answer, in atomic units of the chain's asset; the rest pays the gas. */
  readonly answerPrice: AtomicAmount
}

export const isTensorForm = (form: InfernetContainer['input']): boolean =>
  form === 'tensor' || form === 'tensor-words'

/** A token that consumers may pay in. */
export type InfernetToken = {
  /** Zero: the chain's own coin. */
  readonly token: Address
  /** Atomic units of the chain's asset for a whole one. */
  readonly price: AtomicAmount
  readonly decimals: number
}

/** A consumer that is answered for nothing. */
export type FreeConsumer = {
  readonly consumer: Address
  /** Atomic units that one delivery to it may cost. */
  readonly deliveryFee: AtomicAmount
  /** Atomic units for all of them together. */
  readonly budget: AtomicAmount
}
