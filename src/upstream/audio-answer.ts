import type { AskedOf, WholeUnits } from './whole-units.ts'

/** Nothing that a browser would run, whatever an engine says: its word for it goes on to the client. */
const audioPattern = /^(audio\/[\w.+-]+|application\/octet-stream)\s*(;[\w\s=.;+-]*)?$/i

/** Speech is paid by the characters that were to be spoken, once there is any. */
export function readSpeech(body: Buffer, asked: AskedOf): WholeUnits | undefined {
  const { contentType, expected } = asked
  if (body.length === 0 || expected === undefined || !audioPattern.test(contentType)) {
    return undefined
  }
  const units = expected.perChoiceMax
  return {
    bytes: body,
    contentType,
    usage: undefined,
    units,
    source: 'reported',
    delivered: [body],
  }
}
