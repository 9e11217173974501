/*
 * How an answer ended for its reader against how its receipt says it ended. A stream that stops in between looks like a
 * whole answer to many readers, and a receipt for a whole answer must not go with one that broke off.
 */
import { utf8Text } from '../base/bytes.ts'
import { type WorkStatus, workStatus } from '../domain/receipt.ts'
import { type CheckLine, fails, holds } from './check-line.ts'
import { describeStatus } from './describe-status.ts'
import { splitEvents } from './read-answer.ts'
import { meaningOfEvent, parseObject, readEvent } from './stream-end.ts'

/** `left`: the reader did not wait for the end. */
export type AnswerEnd = 'whole' | 'told-error' | 'silent' | 'left'

/** How a stream ended whose every byte is there. */
export function endOfStream(body: Uint8Array): Exclude<AnswerEnd, 'left'> {
  const events = splitEvents(body)
  const last = events.at(-1)
  if (last !== undefined && meaningOfEvent(last) === 'error') return 'told-error'
  return events.some((event) => meaningOfEvent(event) === 'end') ? 'whole' : 'silent'
}

/** What an event that only says that a stream broke off may have. */
const errorMembers: ReadonlySet<string> = new Set([
  'type',
  'error',
  'code',
  'message',
  'param',
  'request_id',
  'sequence_number',
])

/**
 * The bytes before a closing error event, which a receipt does not cover; all of them where that event has anything else
 * that a reader might take for a part of the answer.
 */
export function beforeErrorEvent(body: Uint8Array): Uint8Array {
  const last = splitEvents(body).at(-1)
  return last !== undefined && saysOnlyError(last)
    ? body.subarray(0, body.length - last.length)
    : body
}

function saysOnlyError(event: Uint8Array): boolean {
  const text = utf8Text(event)
  // Carriage returns make several events of it for whoever knows that they end a line, too.
  if (text.includes('\r')) return false
  return Object.keys(parseObject(readEvent(text).data)).every((name) => errorMembers.has(name))
}

const whole: ReadonlySet<WorkStatus> = new Set([workStatus.complete, workStatus.truncatedByBudget])

export function checkEnding(end: AnswerEnd, status: WorkStatus): CheckLine {
  const check = 'ending'
  switch (end) {
    case 'whole':
      return whole.has(status)
        ? holds(check, `the answer came to its end; ${describeStatus(status)}`)
        : fails(
            check,
            `the answer came to its end, but the receipt says: ${describeStatus(status)}`,
          )
    case 'told-error':
      return status === workStatus.complete
        ? fails(check, 'the stream broke off with an error, but the receipt is for a whole answer')
        : holds(check, `the stream said that it broke off; ${describeStatus(status)}`)
    case 'silent':
      return fails(check, 'the stream stopped without its end and without an error')
    case 'left':
      return holds(check, `you left before the end; ${describeStatus(status)}`)
  }
}
