import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { inOnePiece, type OpenedBody } from './open-json-body.ts'
import { jsonSurface } from './opened-surface.ts'
import type { Asked, Surface } from './surface.ts'

/** `POST /v1/audio/speech`: a text, spoken. docs/endpoints.md. */
export const speech: Surface = jsonSurface('/v1/audio/speech', readSpeechRequest)

/** Source: OpenAI API reference, "Create speech". */
function readSpeechRequest({
  reader,
  verdict,
  common,
}: OpenedBody): Result<Asked['request'], RequestRefusal> {
  const input = reader.requiredText('input')
  const instructions = reader.text('instructions') ?? ''
  if (input === '' && verdict.refusal === undefined) reader.unfit('input', 'not to be empty')
  if (reader.oneOf('stream_format', ['audio', 'sse']) === 'sse') {
    reader.unsupported('stream_format', 'speech comes as audio, not as events')
  }
  if (verdict.refusal !== undefined) return err(verdict.refusal)
  const characters = charactersIn(input)
  return ok({
    ...inOnePiece,
    endpoint: 'audio/speech',
    ...common,
    choiceCount: 1,
    messageCount: 1,
    promptBytes: Buffer.byteLength(input) + Buffer.byteLength(instructions),
    expected: { perChoiceMax: characters, perChoiceLikely: characters, param: 'input' },
  })
}

/** Unicode code points: what OpenAI bounds and others bill. */
function charactersIn(text: string): number {
  let characters = 0
  for (const _ of text) characters += 1
  return characters
}
