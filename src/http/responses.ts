import { requestBodyBytesMax } from '../base/limits.ts'
import { err, ok } from '../base/result.ts'
import { isFields } from './field-reader.ts'
import { parseChatBody } from './openai-schema.ts'
import { ResponsesDialect } from './responses-dialect.ts'
import { translateRequest } from './responses-request.ts'
import { parseStrictJson } from './strict-json.ts'
import type { Surface } from './surface.ts'

/** `POST /v1/responses`: OpenAI's Responses API, answered by whoever answers chat completions. docs/responses.md. */
export const responses: Surface = {
  path: '/v1/responses',
  bodyBytesMax: requestBodyBytesMax,
  read: (body, headers) => {
    const json = parseStrictJson(body)
    if (!json.ok) return json
    if (!isFields(json.value)) {
      return err({ reason: 'invalid_json', detail: 'the body is not a JSON object' })
    }
    const translated = translateRequest(json.value)
    if (!translated.ok) return translated
    const { chat, echo } = translated.value
    const request = parseChatBody(Buffer.from(JSON.stringify(chat)), headers)
    if (!request.ok) return request
    return ok({
      request: { ...request.value, completionTokensParam: 'max_output_tokens' },
      startDialect: (asked) => new ResponsesDialect(asked, echo),
    })
  },
}
