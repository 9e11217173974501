import { AnswerContent } from '../attestation/answer-transcript.ts'
import { JoinedBytes } from '../base/joined-bytes.ts'
import { upstreamBodyBytesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import { type AnswerFormat, isText, type WholeAnswer } from '../upstream/answer-formats.ts'
import type { OpenedAnswer } from '../upstream/open-answer.ts'
import type { AskedOf, WholeUnits } from '../upstream/whole-units.ts'

/** An answer in one piece, whole and understood. */
export type UnaryRead = {
  readonly received: Buffer
  readonly answer: WholeAnswer
  /** What it delivered: the texts of its choices, or units of something else. */
  readonly content: AnswerContent | WholeUnits
}

/** Reads the whole body. Nothing of it reaches a client before it is known to be what was asked for. */
export async function readUnary(
  opened: OpenedAnswer,
  format: AnswerFormat,
  asked: Omit<AskedOf, 'contentType'>,
): Promise<Result<UnaryRead, UpstreamRefusal>> {
  const { contentType } = opened
  const { choiceCount } = asked
  const body = await readBody(opened)
  if (!body.ok) return body
  const answer = format.readWhole(body.value, { ...asked, contentType })
  if (answer === undefined) return err({ reason: 'upstream_bad_response' })
  const read = { received: body.value, answer }
  if (!isText(answer)) return ok({ ...read, content: answer })
  const content = new AnswerContent()
  const unanswered = new Set(Array.from({ length: choiceCount }, (_, index) => index))
  for (const delta of answer.deltas) {
    if (!unanswered.delete(delta.index)) return err({ reason: 'upstream_bad_response' })
    content.add(delta)
  }
  return ok({ ...read, content })
}

function readBody(opened: OpenedAnswer): Promise<Result<Buffer, UpstreamRefusal>> {
  return new Promise((settle) => {
    const body = new JoinedBytes()
    opened.flow({
      data: (chunk) => {
        if (body.bytes.length + chunk.length > upstreamBodyBytesMax) {
          settle(err({ reason: 'upstream_bad_response' }))
          opened.abort()
          return true
        }
        body.add(chunk)
        return true
      },
      end: () => settle(ok(body.bytes)),
      fail: (refusal) => settle(err(refusal)),
    })
  })
}
