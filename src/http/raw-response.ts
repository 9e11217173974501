/*
 * Answers on Node's raw response: no Fetch Response, no web stream (each costs more than the whole request otherwise,
 * bench/README.md). Every error of the gateway leaves through here in OpenAI's shape.
 */
import { Cancellation } from '../base/cancellation.ts'
import { discardedBodyBytesMax } from '../base/limits.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AnswerClient, AnswerHeaders } from '../gateway/answer-client.ts'
import type { Incoming, Outgoing } from './exchange.ts'
import { errorAnswer } from './openai-error.ts'
import type { Surface } from './surface.ts'

/** The error body with its four keys, and our request id beside them. */
export function errorBody(refusal: Refusal, requestId: string | undefined): string {
  const { error } = errorAnswer(refusal)
  return JSON.stringify({
    error: requestId === undefined ? error : { ...error, request_id: requestId },
  })
}

/** `told` is what a door adds of its own: headers, and a status of its protocol's instead of the refusal's. */
export function sendError(
  response: Outgoing,
  refusal: Refusal,
  requestId?: string | undefined,
  told: {
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>> | undefined
    readonly errorBody?: Surface['errorBody']
  } = {},
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const body = Buffer.from((told.errorBody ?? errorBody)(refusal, requestId))
  const { status, headers } = errorAnswer(refusal)
  const whole = isWhole(response.req)
  response.writeHead(told.status ?? status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    ...(whole ? {} : { connection: 'close' }),
    ...headers,
    ...told.headers,
  })
  if (whole) response.end(body)
  else endAfterRequest(response, body)
}

/** Whether a request has arrived. Node calls one without a body complete only after its handler ran. */
const isWhole = ({ complete, headers }: Incoming): boolean =>
  complete ||
  (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0)

/**
 * Ends a response whose request is still being sent. To close now would reset the connection under the client, and the
 * reset can overtake the error; so the rest of the request is thrown away first, up to a bound in bytes here and in time by
 * the server's request timeout.
 */
function endAfterRequest(response: Outgoing, body: Buffer): void {
  const { req } = response
  let bytesLeft = discardedBodyBytesMax
  response.write(body)
  req.on('data', (chunk: Buffer) => {
    bytesLeft -= chunk.length
    if (bytesLeft < 0) response.destroy()
  })
  req.on('end', () => response.end())
}

export function sendJson(response: Outgoing, value: unknown): void {
  sendJsonText(response, JSON.stringify(value))
}

export function sendJsonText(response: Outgoing, text: string): void {
  const body = Buffer.from(text)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

/** Follows the connection: an answer that nobody waits for is cancelled at once, before the first byte too. */
export function watchClient(outgoing: Outgoing): Cancellation {
  const cancellation = new Cancellation()
  // 'close' of the response comes after an answer as well; only an unfinished one means that the client left.
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) cancellation.cancel()
  })
  if (outgoing.destroyed) cancellation.cancel()
  return cancellation
}

/** May say more behind the last bytes of a stream. */
export type RawAnswerClient = Omit<AnswerClient, 'endStream'> & {
  readonly endStream: (bytes: Buffer, trailers?: AnswerHeaders) => void
}

export function rawAnswerClient(
  outgoing: Outgoing,
  watched: {
    readonly cancellation: Cancellation
    readonly requestId: string
    /** A client that takes nothing for this long is gone: without it a full buffer, a hold and an upstream stay forever. */
    readonly stallMs: number
    /** What each answer says of itself, before all else. */
    readonly named?: AnswerHeaders
    /** Undefined forwards the contributor's own bytes. */
    readonly startDialect?: AnswerClient['startDialect']
  },
): RawAnswerClient {
  const { cancellation, requestId, stallMs, startDialect, named } = watched
  // Node destroys a socket whose timeout nobody listens to; bytes that get through put it off, and the response's end
  // replaces it by the keep-alive timeout.
  let isMinded = false
  const mindStall = () => {
    if (isMinded) return
    isMinded = true
    outgoing.setTimeout(stallMs)
  }
  const end = (bytes: Buffer) => {
    outgoing.end(bytes)
    // Nearly always the kernel has taken it all by now.
    if (outgoing.socket?.writableLength) mindStall()
  }
  return {
    cancellation,
    startDialect,
    answer: (headers: AnswerHeaders, body: Buffer) => {
      outgoing.writeHead(200, {
        'content-type': 'application/json',
        'content-length': body.length,
        ...named,
        ...headers,
      })
      end(body)
    },
    startStream: (headers: AnswerHeaders) => {
      outgoing.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        // nginx in front of us would gather events otherwise.
        'x-accel-buffering': 'no',
        ...named,
        ...headers,
      })
    },
    write: (bytes: Buffer) => {
      const flowing = outgoing.write(bytes)
      if (!flowing) mindStall()
      return flowing
    },
    onDrain: (listener: () => void) => {
      outgoing.on('drain', () => {
        isMinded = false
        outgoing.setTimeout(0)
        listener()
      })
    },
    endStream: (bytes, trailers) => {
      if (trailers !== undefined) outgoing.addTrailers(trailers)
      end(bytes)
    },
    errorEvent: (refusal: Refusal) => Buffer.from(`data: ${errorBody(refusal, requestId)}\n\n`),
  }
}
