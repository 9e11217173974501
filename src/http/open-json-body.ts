import type { IncomingHttpHeaders } from 'node:http'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { FieldReader, type Fields, isFields, type Verdict } from './field-reader.ts'
import { readGatewayMembers } from './gateway-members.ts'
import { readModel } from './openai-schema.ts'
import { parseStrictJson } from './strict-json.ts'
import type { Asked } from './surface.ts'

/** A body whose model and whose words to the gateway are read; what is asked of the model is not yet. */
export type OpenedBody = {
  readonly fields: Fields
  readonly reader: FieldReader
  /** What its readers found wrong. */
  readonly verdict: Readonly<Verdict>
  readonly common: Pick<
    Asked['request'],
    'modelName' | 'forwardedBody' | 'preferences' | 'needsSignature' | 'proof' | 'mayBeAudited'
  >
}

/** `pathModel` is the model that the path names, where it names one: then the body need not, and may not name another. */
export function openJsonBody(
  body: Buffer,
  headers: IncomingHttpHeaders,
  pathModel?: string,
): Result<OpenedBody, RequestRefusal> {
  const json = parseStrictJson(body)
  if (!json.ok) return json
  const fields = json.value
  if (!isFields(fields)) {
    return err({ reason: 'invalid_json', detail: 'the body is not a JSON object' })
  }
  const modelName = readModel(pathModel === undefined ? fields : { model: pathModel, ...fields })
  if (!modelName.ok) return modelName
  if (pathModel !== undefined && modelName.value !== pathModel) {
    return err({ reason: 'invalid_value', param: 'model', expected: 'the model of the path' })
  }
  const forGateway = readGatewayMembers(fields, body, headers)
  if (!forGateway.ok) return forGateway
  const verdict: Verdict = { refusal: undefined }
  return ok({
    fields,
    reader: new FieldReader(fields, verdict),
    verdict,
    common: { modelName: modelName.value, ...forGateway.value },
  })
}

/** What all requests have in common whose answer comes in one piece and is no text. */
export const inOnePiece = {
  stream: false,
  includeUsage: false,
  promptHasMedia: false,
  completionTokensMax: undefined,
  completionTokensParam: 'max_tokens',
} as const

/** Each choice is counted as one. */
export const oneEach = { perChoiceMax: 1, perChoiceLikely: 1 } as const
