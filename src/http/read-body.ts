import { JoinedBytes } from '../base/joined-bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Soon } from '../base/soon.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import type { Incoming } from './exchange.ts'

type BodyRefusal = Extract<RequestRefusal, { reason: 'request_too_large' | 'invalid_json' }>
type ReadBody = Result<Buffer, BodyRefusal>

const cutShort: BodyRefusal = { reason: 'invalid_json', detail: 'the body was cut short' }

/**
 * The exact bytes of a request body, at most `bytesMax`. A declared length beyond that is refused before it is read; a body
 * that is there already is not waited for.
 */
export function readBody(incoming: Incoming, bytesMax: number): Soon<ReadBody> {
  const tooLarge: BodyRefusal = { reason: 'request_too_large', bytesMax }
  if (Number(incoming.headers['content-length'] ?? 0) > bytesMax) return err(tooLarge)
  // Who left while its key was looked up closes no second time.
  if (incoming.destroyed) return err(cutShort)
  if (incoming.arrived !== undefined) return ok(incoming.arrived)
  return new Promise((settle) => {
    const body = new JoinedBytes()
    let isTooLarge = false
    incoming.on('data', (chunk: Buffer) => {
      isTooLarge ||= body.bytes.length + chunk.length > bytesMax
      if (isTooLarge) settle(err(tooLarge))
      else body.add(chunk)
    })
    incoming.on('end', () => settle(ok(body.bytes)))
    incoming.on('error', () => settle(err(cutShort)))
    incoming.on('close', () => settle(err(cutShort)))
  })
}
