import { JoinedBytes } from '../base/joined-bytes.ts'
import { upstreamBodyBytesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import type { OpenedAnswer } from './open-answer.ts'

/** An answer in one piece, whole and no longer than one may be. */
export function readAnswerBody(opened: OpenedAnswer): Promise<Result<Buffer, UpstreamRefusal>> {
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
