import type { IncomingHttpHeaders } from 'node:http'
import { formBodyBytesMax, imagesMax, requestBodyBytesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { openForm } from './open-form.ts'
import { inOnePiece, type OpenedBody, oneEach, openJsonBody } from './open-json-body.ts'
import type { Asked, Surface } from './surface.ts'

/** `POST /v1/images/generations`: images of a description. docs/endpoints.md. */
export const imageGenerations: Surface = {
  path: '/v1/images/generations',
  bodyBytesMax: requestBodyBytesMax,
  read: (body, headers) => {
    const opened = openJsonBody(body, headers)
    const request = opened.ok ? readImageRequest(opened.value, 'images/generations') : opened
    return request.ok ? ok({ request: request.value }) : request
  },
}

/** `POST /v1/images/edits`: images of a description and others, in a form. */
export const imageEdits: Surface = {
  path: '/v1/images/edits',
  bodyBytesMax: formBodyBytesMax,
  read: (body, headers) => {
    const request = parseEditForm(body, headers)
    return request.ok ? ok({ request: request.value }) : request
  },
}

function parseEditForm(
  body: Buffer,
  headers: IncomingHttpHeaders,
): Result<Asked['request'], RequestRefusal> {
  const opened = openForm(body, headers)
  if (!opened.ok) return opened
  const { files, reader } = opened.value
  if (files('image', 'image[]').length === 0) reader.missing('image')
  return readImageRequest(opened.value, 'images/edits')
}

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
