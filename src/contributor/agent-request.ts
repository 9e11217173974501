import type { RequestHeaders } from './job-headers.ts'

/** One request to a contributor, whichever way it came: over a connection of its own, or through a tunnel. */
export type AgentRequest = {
  readonly method: string
  /** With its query, such as `/v1/chat/completions`. */
  readonly path: string
  readonly headers: RequestHeaders
  /** The exact bytes: they are hashed. */
  readonly body: Buffer
}

/** Where the answer goes. `head` comes once and first; after `end`, `fail` or the asker's leaving nothing is written any more. */
export type AgentReply = {
  readonly head: (status: number, headers: Readonly<Record<string, string>>) => void
  /** False asks to wait for `onDrain` before the next. The bytes are the reply's to keep. */
  readonly write: (bytes: Buffer) => boolean
  readonly end: () => void
  /** What was written is not whole, and whoever reads it must see that: a reset, never an orderly end. */
  readonly fail: () => void
  /** Replaces the listener before it. */
  readonly onDrain: (listener: () => void) => void
  /** Told when the asker left before the end; at once where he has. Replaces the listener before it. */
  readonly onGone: (listener: () => void) => void
}

/** Answers requests in this process. It never throws: what fails is told through the reply. */
export type Answerer = {
  readonly answer: (request: AgentRequest, reply: AgentReply) => void
}
