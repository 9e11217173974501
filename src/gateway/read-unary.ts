import { AnswerContent } from '../attestation/answer-transcript.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import { type AnswerFormat, isText, type WholeAnswer } from '../upstream/answer-formats.ts'
import type { OpenedAnswer } from '../upstream/open-answer.ts'
import { readAnswerBody } from '../upstream/read-answer-body.ts'
import type { AskedOf, WholeUnits } from '../upstream/whole-units.ts'

/** An answer in one piece, whole and understood. */
export type UnaryRead = {
  readonly received: Buffer
  readonly answer: WholeAnswer
  /** What it delivered: the texts of its choices, or units of something else. */
  readonly content: AnswerContent | WholeUnits
}

/** Reads the whole body. Nothing of it reaches a client before it is known to be what was asked for. */
export function readUnary(
  opened: OpenedAnswer,
  format: AnswerFormat,
  asked: Omit<AskedOf, 'contentType'>,
): Promise<Result<UnaryRead, UpstreamRefusal>> {
  const { contentType } = opened
  return readAnswerBody(opened).then((body) =>
    body.ok ? understand(body.value, format, { ...asked, contentType }) : body,
  )
}

function understand(
  received: Buffer,
  format: AnswerFormat,
  asked: AskedOf,
): Result<UnaryRead, UpstreamRefusal> {
  const answer = format.readWhole(received, asked)
  if (answer === undefined) return err({ reason: 'upstream_bad_response' })
  if (!isText(answer)) return ok({ received, answer, content: answer })
  const content = AnswerContent.whole(answer.deltas, asked.choiceCount)
  if (content === undefined) return err({ reason: 'upstream_bad_response' })
  return ok({ received, answer, content })
}
