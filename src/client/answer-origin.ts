/* Where an answer comes from: which gateway, which receipt, and what showed it the payer. */
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import type { SentRequest } from './request-bytes.ts'

/** As the answer names its receipt, before its first byte. */
export function receiptIdOf(response: Response): Bytes32 | undefined {
  const receiptId = response.headers.get('x-vouch-receipt')
  return isBytes32(receiptId) ? bytes32(receiptId) : undefined
}

/** Base URL with `/v1`, of the gateway that a request goes to. */
export function apiOf(url: string): string | undefined {
  const { origin, pathname } = new URL(url)
  const at = pathname.indexOf('/v1/')
  return at === -1 ? undefined : `${origin}${pathname.slice(0, at)}/v1`
}

/** What shows the payer, and nothing else that the request says. */
export function keyHeadersOf({ headers }: SentRequest): Headers {
  const shown = new Headers()
  for (const name of ['authorization', 'x-api-key']) {
    const value = headers.get(name)
    if (value !== null) shown.set(name, value)
  }
  return shown
}
