import { requestBodyBytesMax } from '../../base/limits.ts'
import { ok } from '../../base/result.ts'
import { answerDigitsOf } from '../../domain/request-id.ts'
import { parseTranslatable, readTranslated } from '../read-translated.ts'
import type { Surface } from '../surface.ts'
import { messagesErrorBody } from './messages-error.ts'
import { chatFieldsOf } from './messages-request.ts'
import { MessagesDialect } from './messages-stream.ts'

/** `POST /v1/messages`: Anthropic's Messages API, answered by whoever answers chat completions. docs/messages.md. */
export const messages: Surface = {
  path: '/v1/messages',
  bodyBytesMax: requestBodyBytesMax,
  errorBody: messagesErrorBody,
  read: (body, headers) => {
    const asked = parseTranslatable(body)
    if (!asked.ok) return asked
    const fields = chatFieldsOf(asked.value)
    if (!fields.ok) return fields
    const request = readTranslated(fields.value, headers)
    if (!request.ok) return request
    return ok({
      request: request.value,
      startDialect: ({ requestId, modelName }) =>
        new MessagesDialect({ id: `msg_${answerDigitsOf(requestId)}`, model: modelName }),
    })
  },
}
