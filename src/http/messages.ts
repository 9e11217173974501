import { requestBodyBytesMax } from '../base/limits.ts'
import { randomHex } from '../base/random-ids.ts'
import { err, ok } from '../base/result.ts'
import { isFields } from './messages-blocks.ts'
import { messagesErrorBody } from './messages-error.ts'
import { chatFieldsOf } from './messages-request.ts'
import { MessagesDialect } from './messages-stream.ts'
import { parseChatBody } from './openai-schema.ts'
import { parseStrictJson } from './strict-json.ts'
import type { Surface } from './surface.ts'

/** `POST /v1/messages`: Anthropic's Messages API, answered by whoever answers chat completions. docs/messages.md. */
export const messages: Surface = {
  path: '/v1/messages',
  bodyBytesMax: requestBodyBytesMax,
  errorBody: messagesErrorBody,
  read: (body, headers) => {
    const json = parseStrictJson(body)
    if (!json.ok) return json
    if (!isFields(json.value)) {
      return err({ reason: 'invalid_json', detail: 'the body is not a JSON object' })
    }
    const fields = chatFieldsOf(json.value)
    if (!fields.ok) return fields
    const request = parseChatBody(Buffer.from(JSON.stringify(fields.value)), headers)
    if (!request.ok) return request
    const { modelName } = request.value
    const head = { id: `msg_${randomHex(12)}`, model: modelName }
    return ok({ request: request.value, startDialect: () => new MessagesDialect(head) })
  },
}
