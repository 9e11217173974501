/*
 * The exact bytes that a fetch is going to send. Whatever a body is made of is brought into one piece before it is sent, so
 * that what is hashed here is what travels: a form gets its boundary once, a stream is read once.
 */
import { utf8Bytes } from '../base/bytes.ts'

export type SentRequest = {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  /** Undefined for a request without a body. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  readonly signal: AbortSignal | null
  /** For the real fetch, which sees the same request with its body in one piece. */
  readonly init: RequestInit
}

/** Rejects as fetch would: for a URL that is none, a body that was read before, a stream that fails. */
export async function readSentRequest(
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
): Promise<SentRequest> {
  // A stream as a body is refused without it, and it says nothing about other bodies.
  const request = new Request(input, { ...init, duplex: 'half' } as RequestInit)
  const bytes = await bytesOf(request, init.body)
  const ofInput = input instanceof Request ? settingsOf(input) : {}
  return {
    url: request.url,
    method: request.method,
    headers: request.headers,
    bytes,
    signal: init.signal ?? (input instanceof Request ? input.signal : null),
    // What a runtime adds of its own (a dispatcher, say) stays.
    init: {
      ...ofInput,
      ...init,
      method: request.method,
      headers: request.headers,
      body: bytes ?? null,
    },
  }
}

async function bytesOf(
  request: Request,
  body: RequestInit['body'],
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  // Most bodies are a text: no stream is needed to learn its bytes.
  if (typeof body === 'string') return new Uint8Array(utf8Bytes(body))
  return request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
}

/** What a Request says beside its URL, method, headers and body. */
const settingsOf = ({
  cache,
  credentials,
  integrity,
  keepalive,
  mode,
  redirect,
  referrerPolicy,
  signal,
}: Request): RequestInit => ({
  cache,
  credentials,
  integrity,
  keepalive,
  // A Request that a page navigates with cannot be made again; none of those asks a gateway.
  ...(mode === 'navigate' ? {} : { mode }),
  redirect,
  referrerPolicy,
  signal,
})
