import type { IncomingHttpHeaders } from 'node:http'

/**
 * A request and its answer as whoever serves it sees them. Node's own pair is one; a plain request is served without Node's
 * server and has a lighter one (lane/plain-request.ts).
 */
export type Exchange = { readonly incoming: Incoming; readonly outgoing: Outgoing }

/** The part of Node's IncomingMessage that serving inference needs. */
export type Incoming = {
  readonly headers: IncomingHttpHeaders
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** Whether all of it has arrived. */
  readonly complete: boolean
  readonly destroyed: boolean
  /** The body of a plain request, where it came in one piece with the head: then no event tells of it. */
  readonly arrived?: Buffer | undefined
  readonly on: {
    (event: 'data', listener: (bytes: Buffer) => void): unknown
    (event: 'end' | 'error' | 'close', listener: () => void): unknown
  }
}

/** The part of Node's ServerResponse that serving inference needs; each member means what it means there. */
export type Outgoing = {
  readonly req: Incoming
  readonly headersSent: boolean
  readonly destroyed: boolean
  readonly writableFinished: boolean
  readonly socket: { readonly writableLength: number } | null
  readonly setHeader: (name: string, value: string) => unknown
  readonly writeHead: (
    status: number,
    headers: Readonly<Record<string, string | number>>,
  ) => unknown
  /** False when the client reads too slowly: 'drain' tells when it has caught up. */
  readonly write: (bytes: Buffer) => boolean
  readonly addTrailers: (trailers: Readonly<Record<string, string>>) => unknown
  readonly end: (bytes?: Buffer) => unknown
  /** 'close' comes after an answer as well; `writableFinished` tells whether it went out. */
  readonly on: (event: 'close' | 'drain', listener: () => void) => unknown
  /** Closes the connection when it has been silent for that long; 0 waits for ever. */
  readonly setTimeout: (ms: number) => unknown
  readonly destroy: () => unknown
}
