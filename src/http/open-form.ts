import type { IncomingHttpHeaders } from 'node:http'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import { FieldReader, type Fields, type Verdict } from './field-reader.ts'
import { readGatewayMembers } from './gateway-members.ts'
import { type FormPart, readForm } from './multipart-form.ts'
import type { OpenedBody } from './open-json-body.ts'
import { readModel } from './openai-schema.ts'
import type { Asked } from './surface.ts'

/** The same of a form: its texts are its fields, and numbers among them are read as such. */
export type OpenedForm = OpenedBody & {
  readonly common: Pick<Asked['request'], 'contentType' | 'modelNameAt'>
  /** The content of the files of this name, in their order. */
  readonly files: (...names: readonly string[]) => readonly Buffer[]
}

export function openForm(
  body: Buffer,
  headers: IncomingHttpHeaders,
): Result<OpenedForm, RequestRefusal> {
  const form = readForm(body, headers['content-type'])
  if (!form.ok) return form
  const { contentType, parts } = form.value
  const fields = textsOf(body, parts)
  const modelName = readModel(fields)
  if (!modelName.ok) return modelName
  for (const param of ['routing', 'attestation']) {
    if (fields[param] === undefined) continue
    return err({
      reason: 'unsupported_parameter',
      param,
      detail: 'a form has no place for it; routing may stand in the header x-vouch-routing',
    })
  }
  const forGateway = readGatewayMembers({}, body, headers)
  if (!forGateway.ok) return forGateway
  const verdict: Verdict = { refusal: undefined }
  const modelNameAt = parts.find(({ name }) => name === 'model')
  return ok({
    fields,
    reader: new FieldReader(fields, verdict),
    verdict,
    common: { modelName: modelName.value, ...forGateway.value, contentType, modelNameAt },
    files: (...names) =>
      parts
        .filter(({ name, isFile }) => isFile && names.includes(name))
        .map(({ start, end }) => body.subarray(start, end)),
  })
}

function textsOf(body: Buffer, parts: readonly FormPart[]): Fields {
  const texts = parts.filter(({ name, isFile }) => !isFile && !name.endsWith('[]'))
  const entries = texts.map(({ name, start, end }): [string, unknown] => {
    const text = body.toString('utf8', start, end)
    return [name, readText(name, text)]
  })
  return Object.fromEntries(entries)
}

/** A form has no types: these are read as what they stand for. */
function readText(name: string, text: string): unknown {
  if (name === 'n' && /^\d{1,9}$/.test(text)) return Number(text)
  if (name === 'stream' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return text
}
