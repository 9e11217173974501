import type { Incoming } from './exchange.ts'

/** The key of a request as an `Authorization` header: OpenAI's clients send that, Anthropic's send `x-api-key`. */
export function authorizationOf({ headers }: Pick<Incoming, 'headers'>): string | undefined {
  const { authorization, 'x-api-key': key } = headers
  return authorization ?? (typeof key === 'string' ? `Bearer ${key}` : undefined)
}
