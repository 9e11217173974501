import type { Exchange } from './exchange.ts'

const header = 'x-client-request-id'
/** As OpenAI takes it: ASCII, at most 512 characters. */
const echoable = /^[\x20-\x7e]{1,512}$/

/** A client's own name for its request stands beside ours in whatever it is answered. */
export function echoRequestId({ incoming, outgoing }: Exchange): void {
  const value = incoming.headers[header]
  if (typeof value === 'string' && echoable.test(value)) outgoing.setHeader(header, value)
}
