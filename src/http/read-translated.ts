import type { IncomingHttpHeaders } from 'node:http'
import { jsonDepthMax } from '../base/limits.ts'
import { err, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { type Fields, isFields } from './field-reader.ts'
import { type ChatBody, readChatFields } from './openai-schema.ts'
import { parseStrictJson } from './strict-json.ts'

/** A chat completion has the schema of a tool one level deeper than other APIs have it. */
const nestedMax = jsonDepthMax - 1

/** A body of an API whose requests are translated to chat completions: its members. */
export function parseTranslatable(body: Buffer): Result<Fields, RequestRefusal> {
  const json = parseStrictJson(body, nestedMax)
  if (!json.ok) return json
  const fields = json.value
  if (isFields(fields)) return { ok: true, value: fields }
  return err({ reason: 'invalid_json', detail: 'the body is not a JSON object' })
}

/** The chat completion that it became, as what the gateway makes of one. */
export const readTranslated = (
  chat: Fields,
  headers: IncomingHttpHeaders,
): Result<ChatBody, RequestRefusal> =>
  readChatFields(chat, Buffer.from(JSON.stringify(chat)), headers)
