/*
 * Surfaces whose bodies go through as they are: opened as JSON or as a form, and then read for what the gateway must know.
 */
import { formBodyBytesMax, requestBodyBytesMax } from '../base/limits.ts'
import { ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { type OpenedForm, openForm } from './open-form.ts'
import { type OpenedBody, openJsonBody } from './open-json-body.ts'
import type { Asked, Surface } from './surface.ts'

/** What an opened body asks for, or the first thing that is wrong with it. */
type ReadOpened<Opened> = (opened: Opened) => Result<Asked['request'], RequestRefusal>

export const jsonSurface = (path: string, readOpened: ReadOpened<OpenedBody>): Surface => ({
  path,
  bodyBytesMax: requestBodyBytesMax,
  read: (body, headers) => asked(openJsonBody(body, headers), readOpened),
})

export const formSurface = (path: string, readOpened: ReadOpened<OpenedForm>): Surface => ({
  path,
  bodyBytesMax: formBodyBytesMax,
  read: (body, headers) => asked(openForm(body, headers), readOpened),
})

function asked<Opened>(
  opened: Result<Opened, RequestRefusal>,
  readOpened: ReadOpened<Opened>,
): Result<Asked, RequestRefusal> {
  const request = opened.ok ? readOpened(opened.value) : opened
  return request.ok ? ok({ request: request.value }) : request
}
