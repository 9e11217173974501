import type { MeteredUsage } from '../domain/usage.ts'
import type { AnswerFormat } from '../upstream/answer-formats.ts'
import { usageEvent } from '../upstream/chat-events.ts'

/** What a stream leaves for its last bytes. */
export type StreamTail = Pick<NonNullable<AnswerFormat['stream']>, 'lengthEvent'> & {
  /** The last chunk with a choice that the client got: the pattern for those that we make. */
  readonly lastChunk: Buffer | undefined
  /** The engine's own usage chunk. */
  readonly usageChunk: Buffer | undefined
  /** Choices that said why they ended. */
  readonly finished: ReadonlySet<number>
  readonly choiceCount: number
  readonly includeUsage: boolean
}

const doneEvent = Buffer.from('data: [DONE]\n\n')

/**
 * The last bytes of a whole answer: the usage chunk where it was asked for, and [DONE]. The engine's own chunk when it
 * says what is charged, else one of ours. Of an answer whose budget is spent, first that each choice was cut short.
 */
export function closingEvents(
  tail: StreamTail,
  charged: MeteredUsage,
  end: 'complete' | 'budget_spent',
): Buffer {
  const { lastChunk, usageChunk, includeUsage } = tail
  if (end === 'complete' && !includeUsage) return doneEvent
  const events = end === 'complete' ? [] : lengthEvents(tail)
  const own = charged.source === 'reported' ? usageChunk : undefined
  if (includeUsage) events.push(own ?? usageEvent(lastChunk, charged))
  return Buffer.concat([...events, doneEvent])
}

function lengthEvents({ lengthEvent, lastChunk, finished, choiceCount }: StreamTail): Buffer[] {
  return Array.from({ length: choiceCount }, (_, index) => index)
    .filter((index) => !finished.has(index))
    .map((index) => lengthEvent(lastChunk, index))
}
