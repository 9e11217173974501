import { imagesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { inOnePiece, type OpenedBody, oneEach } from './open-json-body.ts'
import { formSurface, jsonSurface } from './opened-surface.ts'
import type { Asked, Surface } from './surface.ts'

/** `POST /v1/images/generations`: images of a description. docs/endpoints.md. */
export const imageGenerations: Surface = jsonSurface('/v1/images/generations', (opened) =>
  readImageRequest(opened, 'images/generations'),
)

/** `POST /v1/images/edits`: images of a description and others, in a form. */
export const imageEdits: Surface = formSurface('/v1/images/edits', (opened) => {
  if (opened.files('image', 'image[]').length === 0) opened.reader.missing('image')
  return readImageRequest(opened, 'images/edits')
})

/** Source: OpenAI API reference, "Create image" and "Create image edit". */
function readImageRequest(
  { reader, verdict, common }: OpenedBody,
  endpoint: 'images/generations' | 'images/edits',
): Result<Asked['request'], RequestRefusal> {
  const prompt = reader.requiredText('prompt')
  const choiceCount = reader.wholeNumber('n', { min: 1, max: imagesMax }) ?? 1
  if (reader.flag('stream') === true) {
    reader.unsupported('stream', 'images come in one piece')
  }
  if (verdict.refusal !== undefined) return err(verdict.refusal)
  return ok({
    ...inOnePiece,
    endpoint,
    ...common,
    choiceCount,
    messageCount: 1,
    promptBytes: Buffer.byteLength(prompt),
    promptHasMedia: endpoint === 'images/edits',
    expected: oneEach,
  })
}
