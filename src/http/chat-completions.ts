import { requestBodyBytesMax } from '../base/limits.ts'
import { ok } from '../base/result.ts'
import { parseChatBody } from './openai-schema.ts'
import type { Surface } from './surface.ts'

/** `POST /v1/chat/completions`: bodies and answers go through as they are. */
export const chatCompletions: Surface = {
  path: '/v1/chat/completions',
  bodyBytesMax: requestBodyBytesMax,
  read: (body, headers) => {
    const request = parseChatBody(body, headers)
    return request.ok ? ok({ request: request.value }) : request
  },
}
