import { promptsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { type FieldReader, isFields } from './field-reader.ts'
import { inOnePiece, type OpenedBody, oneEach } from './open-json-body.ts'
import { jsonSurface } from './opened-surface.ts'
import type { Asked, Surface } from './surface.ts'

/** `POST /v1/moderations`: a verdict on each input. docs/endpoints.md. */
export const moderations: Surface = jsonSurface('/v1/moderations', readModerationRequest)

/** Source: OpenAI API reference, "Create moderation". */
function readModerationRequest({
  reader,
  verdict,
  common,
}: OpenedBody): Result<Asked['request'], RequestRefusal> {
  const inputs = readInputs(reader)
  if (verdict.refusal !== undefined) return err(verdict.refusal)
  if (inputs === undefined) return err({ reason: 'missing_required_parameter', param: 'input' })
  return ok({
    ...inOnePiece,
    endpoint: 'moderations',
    ...common,
    ...inputs,
    messageCount: inputs.choiceCount,
    promptCount: inputs.choiceCount,
    expected: oneEach,
  })
}

type Inputs = Pick<Asked['request'], 'choiceCount' | 'promptBytes' | 'promptHasMedia'>

/** Each text has a verdict of its own; parts, such as a text and a picture, have one together. */
function readInputs(reader: FieldReader): Inputs | undefined {
  const input = reader.raw('input')
  if (input === undefined) return reader.missing('input')
  if (typeof input === 'string') return inputsOf([input], false)
  if (!Array.isArray(input)) return reader.mistyped('input', 'a string or an array')
  if (input.length === 0) return reader.unfit('input', 'at least one input')
  if (input.length > promptsMax) return reader.unfit('input', `at most ${promptsMax} at once`)
  if (input.every((entry) => typeof entry === 'string')) return inputsOf(input, false)
  if (!input.every(isFields)) {
    return reader.mistyped('input', 'an array of strings or an array of content parts')
  }
  const texts = input.map((part) => (typeof part['text'] === 'string' ? part['text'] : ''))
  const hasMedia = input.some((part) => part['type'] !== 'text')
  return { ...inputsOf(texts, hasMedia), choiceCount: 1 }
}

const inputsOf = (texts: readonly string[], promptHasMedia: boolean): Inputs => ({
  choiceCount: texts.length,
  promptBytes: texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0),
  promptHasMedia,
})
