/*
 * Asks a gateway with nothing but fetch, so that a test sees the very bytes, and the events as any reader would split them.
 */
import type { TestGateway } from './gateway-on-ledger.ts'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Payloads of the `data:` events, `[DONE]` included; empty for an answer in one piece. */
  readonly events: readonly string[]
  /** The error in the body, or in the last event of a stream. */
  readonly error: Readonly<Record<string, unknown>> | undefined
  /** What the deltas, or the first choice, say. */
  readonly content: string
  readonly done: boolean
}

type Deltas = {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null }
    readonly message?: { readonly content?: string | null }
  }[]
  readonly error?: Readonly<Record<string, unknown>>
}

export const askedMessages = [{ role: 'user', content: 'Say hello.' }]

/** Sends these fields as a chat completion and reads the whole answer. */
export async function ask(
  gateway: Pick<TestGateway, 'origin' | 'apiKey'>,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  return askBody(gateway, JSON.stringify({ model: 'm', messages: askedMessages, ...fields }))
}

/** Sends these fields to another path. */
export const askPath = async (
  { origin, apiKey }: Pick<TestGateway, 'origin' | 'apiKey'>,
  path: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<Answer> =>
  readAnswer(
    await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    }),
  )

/** Sends these bytes. */
export async function askBody(
  { origin, apiKey }: Pick<TestGateway, 'origin' | 'apiKey'>,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
    body,
  })
  return readAnswer(response)
}

async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  const streamed = headers.get('content-type')?.startsWith('text/event-stream') === true
  const events = streamed
    ? text
        .split('\n\n')
        .map((block) => block.replace(/^(?::.*\n)+/, ''))
        .filter((block) => block.startsWith('data: '))
        .map((block) => block.slice(6))
    : []
  const parsed = (streamed ? events : [text])
    .filter((payload) => payload !== '[DONE]')
    .map((payload) => JSON.parse(payload) as Deltas)
  return {
    status,
    headers,
    text,
    events,
    error: parsed.at(-1)?.error,
    content: parsed
      .flatMap(({ choices }) => choices ?? [])
      .map(({ delta, message }) => delta?.content ?? message?.content ?? '')
      .join(''),
    done: events.at(-1) === '[DONE]',
  }
}
