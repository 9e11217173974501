import { requestBodyBytesMax } from '../../base/limits.ts'
import { ok } from '../../base/result.ts'
import { parseTranslatable, readTranslated } from '../read-translated.ts'
import type { Surface } from '../surface.ts'
import { ResponsesDialect } from './responses-dialect.ts'
import { responsesErrorBody } from './responses-error.ts'
import { translateRequest } from './responses-request.ts'

/** `POST /v1/responses`: OpenAI's Responses API, answered by whoever answers chat completions. docs/responses.md. */
export const responses: Surface = {
  path: '/v1/responses',
  bodyBytesMax: requestBodyBytesMax,
  errorBody: responsesErrorBody,
  read: (body, headers) => {
    const fields = parseTranslatable(body)
    if (!fields.ok) return fields
    const translated = translateRequest(fields.value)
    if (!translated.ok) return translated
    const { chat, echo } = translated.value
    const request = readTranslated(chat, headers)
    if (!request.ok) return request
    return ok({
      request: { ...request.value, completionTokensParam: 'max_output_tokens' },
      startDialect: (asked) => new ResponsesDialect(asked, echo),
    })
  },
}
