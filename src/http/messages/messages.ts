import { requestBodyBytesMax } from '../../base/limits.ts'
import { randomHex } from '../../base/random-ids.ts'
import { ok } from '../../base/result.ts'
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
    const { modelName } = request.value
    const head = { id: `msg_${randomHex(12)}`, model: modelName }
    return ok({ request: request.value, startDialect: () => new MessagesDialect(head) })
  },
}
