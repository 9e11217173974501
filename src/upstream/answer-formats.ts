/*
 * How contributors answer each endpoint: what the conductor must understand of an answer to forward, count and attest it.
 */
import type { Endpoint } from '../domain/endpoint.ts'
import type { Usage } from '../domain/usage.ts'
import {
  type ChatEvent,
  lengthEvent,
  readChatEvent,
  readWholeText,
  textLengthEvent,
  type WholeText,
} from './chat-events.ts'

/** An answer in one piece that is no text: it is counted in units, such as images, and hashed as it is. */
export type WholeUnits = {
  readonly bytes: Buffer
  /** Of `bytes`, where that is not JSON. */
  readonly contentType?: string
  readonly usage: Usage | undefined
  readonly units: number
  /** What was delivered, for `contentHash`. */
  readonly delivered: Buffer
}

export type WholeAnswer = WholeText | WholeUnits

export const isText = (answer: WholeAnswer): answer is WholeText => 'deltas' in answer

/** What of a request an answer is read by. */
type AskedOf = { readonly choiceCount: number; readonly contentType: string }

export type AnswerFormat = {
  /** What the content type of an answer in one piece begins with. */
  readonly wholeType: string
  /** Undefined when `body` is no answer of this endpoint. */
  readonly readWhole: (body: Buffer, asked: AskedOf) => WholeAnswer | undefined
  /** Undefined where an answer always comes in one piece. */
  readonly stream:
    | {
        readonly readEvent: (block: Buffer) => ChatEvent
        /** Ends one choice whose budget is spent; `pattern` is an event that the client got. */
        readonly lengthEvent: (pattern: Buffer | undefined, index: number) => Buffer
      }
    | undefined
}

export const answerFormats: Readonly<Record<Endpoint, AnswerFormat>> = {
  'chat/completions': {
    wholeType: 'application/json',
    readWhole: (body) => readWholeText(body),
    stream: { readEvent: (block) => readChatEvent(block), lengthEvent },
  },
  completions: {
    wholeType: 'application/json',
    readWhole: (body) => readWholeText(body, 'text'),
    stream: { readEvent: (block) => readChatEvent(block, 'text'), lengthEvent: textLengthEvent },
  },
}
