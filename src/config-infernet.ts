/* Ritual's Infernet as a place where contracts ask; docs/infernet.md. */
import { amount, atomicAmount } from './config-amounts.ts'
import { type Key, list, type Meaning, optional, section } from './config-fields.ts'
import { address, addresses, integer, text, textLike } from './config-values.ts'
import {
  type FreeConsumer,
  type InfernetContainer,
  type InfernetToken,
  infernetEnvelopes,
  infernetInputForms,
  isTensorForm,
} from './domain/infernet-container.ts'
import { type Address, type AtomicAmount, zeroAddress } from './domain/units.ts'

export type InfernetConfig = {
  readonly registry: Address
  /** API key that pays contributors. */
  readonly account: string
  /** Zero: no payment is taken. */
  readonly wallet: Address
  readonly callbackTimeS: number
  readonly consumerGasMax: number
  readonly containers: readonly InfernetContainer[]
  readonly tokens: readonly InfernetToken[]
  readonly free: readonly FreeConsumer[]
  readonly verifiers: readonly Address[]
}

/** Of the chain's asset, and what a coin of the chain is worth in it. */
type Terms = { readonly decimals: number; readonly nativePrice: AtomicAmount }

const oneOf = <const Word extends string>(
  words: readonly Word[],
  said: { readonly says: string; readonly default?: Word },
): Key<Word> => {
  const key = textLike({
    ...said,
    pattern: `^(${words.join('|')})$`,
    expected: `one of: ${words.join(', ')}`,
  })
  return key as Key<Word>
}

const containerKeys = {
  name: text({ says: 'The container as consumers name it, such as gpt4.' }),
  model: text({ says: 'The public name of the model that answers.' }),
  input: oneOf(infernetInputForms, {
    says: 'What the bytes of a consumer are: text (UTF-8), abi-string (abi.encode(string)), chat-json (the body of a chat completion), tensor (abi.encode(int256[])) or tensor-words (as many int256 without a length).',
    default: 'abi-string',
  }),
  output: oneOf(['abi', 'bare'], {
    says: 'How the consumer decodes the answer. abi: abi.encode(string) of a text, abi.encode(int256[]) of numbers; bare: UTF-8, or as many int256 without a length.',
    default: 'abi',
  }),
  envelope: oneOf(infernetEnvelopes, {
    says: "pair: the output is abi.encode(bytes raw, bytes processed), as from Ritual's node with a container that answers with all five keys; plain: the bytes alone.",
    default: 'pair',
  }),
  system: optional(
    text({ says: 'Of texts: what is said to the model before the words of a consumer.' }),
  ),
  completionTokensMax: integer({
    says: 'Of texts: tokens that an answer may have.',
    min: 1,
    max: 1_000_000,
    default: 256,
  }),
  decimals: optional(
    integer({
      says: "Of numbers: digits behind the point of a consumer's integers. Without it they are the model's own.",
      min: 0,
      max: 18,
    }),
  ),
  answerPrice: amount({
    says: "What of each payment is kept for the answer, in whole units of the chain's asset; the rest must cover the gas.",
    default: '0',
  }),
}

const outputForms = {
  text: { abi: 'abi-string', bare: 'text' },
  numbers: { abi: 'tensor', bare: 'tensor-words' },
} as const

const containerSection: Key<Meaning<Terms, InfernetContainer & { readonly id: string }>> = section({
  says: 'One container that this gateway answers for.',
  keys: containerKeys,
  read: (container, { decimals }: Terms) => {
    const { values } = container
    const { model, answerPrice: _, ...said } = values
    const answerPrice = atomicAmount(container, 'answerPrice', decimals)
    const output = outputForms[isTensorForm(values.input) ? 'numbers' : 'text'][values.output]
    return { ...said, id: values.name, modelName: model, output, answerPrice }
  },
})

const tokenSection: Key<Meaning<Terms, InfernetToken & { readonly id: string }>> = section({
  says: 'One token that consumers may pay in, beside the coin of the chain.',
  keys: {
    token: address({ says: 'Its contract.' }),
    decimals: integer({ says: 'Its decimals.', min: 0, max: 36, default: 18 }),
    price: amount({
      says: "What a whole one is taken to be worth, in whole units of the chain's asset.",
    }),
  },
  read: (entry, { decimals }: Terms) => ({
    id: entry.values.token,
    token: entry.values.token,
    decimals: entry.values.decimals,
    price: atomicAmount(entry, 'price', decimals),
  }),
})

const freeSection: Key<Meaning<Terms, FreeConsumer & { readonly id: string }>> = section({
  says: 'One consumer that is answered although it pays nothing.',
  keys: {
    consumer: address({ says: 'The contract that subscribes.' }),
    deliveryFee: amount({
      says: "What one delivery to it may cost in gas, in whole units of the chain's asset.",
    }),
    budget: amount({
      says: 'What all deliveries to it may cost. Each counts with its whole deliveryFee, whatever it cost.',
    }),
  },
  read: (entry, { decimals }: Terms) => ({
    id: entry.values.consumer,
    consumer: entry.values.consumer,
    deliveryFee: atomicAmount(entry, 'deliveryFee', decimals),
    budget: atomicAmount(entry, 'budget', decimals),
  }),
})

const coinDecimals = 18

export const infernetSection: Key<Meaning<Terms, InfernetConfig>> = section({
  says: "Ritual's Infernet on this chain: its consumers are served without a change of theirs.",
  keys: {
    registry: address({ says: 'The Registry of the Infernet SDK 1.0 or 1.1.' }),
    apiKeyId: textLike({
      says: "The API key that pays contributors, by its id as 'vouch keys list' tells it: Infernet pays the node alone. Its cap, its models and its limits hold.",
      pattern: '^key_[0-9a-f]{24}$',
      expected: 'key_ and 24 hex digits',
    }),
    wallet: optional(
      address({
        says: 'The wallet of this node, made by the WalletFactory. Without it no payment is taken.',
      }),
    ),
    callbackTimeS: integer({
      says: 'For how long a callback is tried, in seconds. Infernet sets no bound.',
      min: 60,
      max: 604_800,
      default: 600,
    }),
    consumerGasMax: integer({
      says: 'Gas that a consumer may use with its answer. One that needs more is not answered; the fee must cover so much.',
      min: 50_000,
      max: 20_000_000,
      default: 500_000,
    }),
    containers: list({
      says: 'The containers that this gateway answers for. Others are left to other nodes.',
      of: containerSection,
      by: 'name',
    }),
    tokens: optional(
      list({
        says: 'Tokens that consumers may pay in, beside the coin of the chain.',
        of: tokenSection,
        by: 'token',
      }),
    ),
    free: optional(
      list({
        says: 'Consumers that are answered although they pay nothing.',
        of: freeSection,
        by: 'consumer',
      }),
    ),
    verifiers: optional(
      addresses({
        says: 'Verifiers whose subscriptions are answered. One that says no takes the payment from our own wallet.',
      }),
    ),
  },
  read: ({ values }, terms: Terms) => ({
    registry: values.registry,
    account: values.apiKeyId,
    wallet: values.wallet ?? zeroAddress,
    callbackTimeS: values.callbackTimeS,
    consumerGasMax: values.consumerGasMax,
    containers: values.containers(terms),
    tokens: [
      { token: zeroAddress, decimals: coinDecimals, price: terms.nativePrice },
      ...(values.tokens?.(terms) ?? []),
    ],
    free: values.free?.(terms) ?? [],
    verifiers: values.verifiers ?? [],
  }),
})
