/*
 * What every client library can do, in one shape, so that one suite asks all of them the same. Each library stands behind
 * this as its users would write it: unmodified, by its documented calls, with a base URL and a key of ours.
 */
import type { TestGateway } from '../../support/gateway-on-ledger.ts'

export type Question = {
  readonly model: string
  readonly text: string
  /** A data URL, shown beside the text. */
  readonly image?: string
  /** Members that no library and no gateway knows. */
  readonly extra?: Readonly<Record<string, string>>
  readonly maxTokens: number
}

/** How a question is asked. Left out: as the library does it by default. */
export type Manner = {
  readonly signal?: AbortSignal
  readonly maxRetries?: number
  /** Told of each piece of text as it comes; without it the answer is asked for in one piece. */
  readonly onText?: (piece: string) => void
}

type ToldUsage = { readonly promptTokens: number; readonly completionTokens: number }

type Told = {
  readonly text: string
  readonly usage: ToldUsage
}

/** A call of a tool as the library handed it to the tool. */
export type ToldCall = { readonly name: string; readonly input: unknown }

export type ChatClient = {
  readonly ask: (question: Question, manner?: Manner) => Promise<Told>
  /** The whole loop: the model calls `add` and `weather`, the library runs them and asks again. */
  readonly askWithTools: (
    question: Question,
    manner: Manner,
  ) => Promise<{ readonly text: string; readonly calls: readonly ToldCall[] }>
  /** An object of `personSchema`, parsed and checked by the library. */
  readonly askForPerson: (question: Question, manner: Manner) => Promise<unknown>
}

/** A picture that is whole, as a data URL. */
export const onePixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII='

/** An error as the library's own documentation says to read it. */
type ReadError = {
  /** The documented class that it is an instance of. */
  readonly kind: string
  /** Undefined for an error that came inside a stream. */
  readonly status: number | undefined
  readonly code: string
  readonly message: string
}

export type ExpectedError = Omit<ReadError, 'kind' | 'message'> & {
  readonly openaiClass: string
  readonly message: RegExp
}

export type ChatLibrary = {
  readonly name: string
  /** How often it asks again with nothing configured. Undefined: it waits for minutes before it gives up. */
  readonly retriesByDefault: number | undefined
  /** Whether it heeds `x-should-retry: false`. */
  readonly heedsShouldRetry: boolean
  readonly connect: (gateway: Pick<TestGateway, 'origin' | 'apiKey'>, tap: Tap) => ChatClient
  /** Throws what is not of a documented class. */
  readonly readError: (error: unknown) => ReadError
  /** The class that its documentation names for an error which the `openai` package has `openaiClass` for. */
  readonly kindOf: (expected: ExpectedError) => string
}

/** The libraries' documented way to put in another `fetch`. */
export type Tap = typeof fetch

/** Keeps the bodies that a library sends, and sends them on. */
export function tapBodies(): { readonly tap: Tap; readonly bodies: string[] } {
  const bodies: string[] = []
  const tap: Tap = (input, init) => {
    bodies.push(String(init?.body))
    return fetch(input, init)
  }
  return { tap, bodies }
}

const schemaOf = (properties: Readonly<Record<string, { readonly type: string }>>) => ({
  type: 'object' as const,
  properties,
  required: Object.keys(properties),
  additionalProperties: false as const,
})

export const personSchema = schemaOf({ name: { type: 'string' }, age: { type: 'integer' } })
export const tools = {
  add: {
    description: 'Adds two numbers.',
    parameters: schemaOf({ a: { type: 'number' }, b: { type: 'number' } }),
    run: (input: unknown): string => {
      const { a, b } = input as { readonly a: number; readonly b: number }
      return String(a + b)
    },
  },
  weather: {
    description: 'Tells the weather of a city.',
    parameters: schemaOf({ city: { type: 'string' } }),
    run: (input: unknown): string => `Sunny in ${(input as { readonly city: string }).city}`,
  },
} as const

export const toolNames = ['add', 'weather'] as const
