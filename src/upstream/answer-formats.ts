/*
 * How contributors answer each endpoint: what the conductor must understand of an answer to forward, count and attest it.
 */
import type { Endpoint } from '../domain/endpoint.ts'
import { readSpeech } from './audio-answer.ts'
import {
  type ChatEvent,
  lengthEvent,
  readChatEvent,
  readWholeText,
  textLengthEvent,
  type WholeText,
} from './chat-events.ts'
import { readEmbeddings } from './embeddings-answer.ts'
import { readImages } from './images-answer.ts'
import { readModerations } from './moderations-answer.ts'
import { readTensor } from './tensor-answer.ts'
import { readTranscript } from './transcript-answer.ts'
import type { AskedOf, WholeUnits } from './whole-units.ts'

export type WholeAnswer = WholeText | WholeUnits

export const isText = (answer: WholeAnswer): answer is WholeText => 'deltas' in answer

export type AnswerFormat = {
  /** What the content type of an answer in one piece begins with; empty where `readWhole` looks at it. */
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

const jsonType = 'application/json'
const wholeJson = (readWhole: AnswerFormat['readWhole']): AnswerFormat => ({
  wholeType: jsonType,
  readWhole,
  stream: undefined,
})
const transcript: AnswerFormat = { wholeType: '', readWhole: readTranscript, stream: undefined }

export const answerFormats: Readonly<Record<Endpoint, AnswerFormat>> = {
  'chat/completions': {
    wholeType: jsonType,
    readWhole: (body) => readWholeText(body),
    stream: { readEvent: (block) => readChatEvent(block), lengthEvent },
  },
  completions: {
    wholeType: jsonType,
    readWhole: (body) => readWholeText(body, 'text'),
    stream: { readEvent: (block) => readChatEvent(block, 'text'), lengthEvent: textLengthEvent },
  },
  embeddings: wholeJson(readEmbeddings),
  moderations: wholeJson(readModerations),
  'images/generations': wholeJson(readImages),
  'images/edits': wholeJson(readImages),
  'audio/speech': { wholeType: '', readWhole: readSpeech, stream: undefined },
  'audio/transcriptions': transcript,
  'audio/translations': transcript,
  inference: { wholeType: 'application/octet-stream', readWhole: readTensor, stream: undefined },
}
