/*
 * A form of files and texts (RFC 7578), read strictly: whatever two parsers might read in two ways is refused, because the
 * engine behind us parses the same bytes again, and must find the model, the count and the file that were priced here.
 */
import { formPartHeadBytesMax, formPartsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'

export type FormPart = {
  readonly name: string
  /** Whether it has a file's name. */
  readonly isFile: boolean
  /** Where its content stands in the body. */
  readonly start: number
  readonly end: number
}

export type MultipartForm = {
  /** The content type as it is sent on: with the boundary and nothing else. */
  readonly contentType: string
  readonly parts: readonly FormPart[]
}

type Parsed<T> = Result<T, RequestRefusal>

const refuse = (detail: string): Parsed<never> => err({ reason: 'invalid_form', detail })

const typePattern = /^multipart\/form-data\s*;\s*boundary=("?)([\w'()+,./:=?-]{1,70})\1\s*$/i

export function readForm(body: Buffer, contentType: string | undefined): Parsed<MultipartForm> {
  const [, , boundary] = typePattern.exec(contentType ?? '') ?? []
  if (boundary === undefined) {
    return refuse('its content type is not multipart/form-data with one boundary')
  }
  const parts = readParts(body, boundary)
  if (!parts.ok) return parts
  const twice = repeatedName(parts.value)
  if (twice !== undefined) return refuse('it has a field twice')
  // Quoted: a boundary may have characters that stand for nothing else only in quotes.
  return ok({ contentType: `multipart/form-data; boundary="${boundary}"`, parts: parts.value })
}

const crlf = '\r\n'
const headersEnd = Buffer.from('\r\n\r\n')

function readParts(body: Buffer, boundary: string): Parsed<readonly FormPart[]> {
  const delimiter = Buffer.from(`${crlf}--${boundary}`)
  const opening = delimiter.subarray(crlf.length)
  if (!body.subarray(0, opening.length).equals(opening)) {
    return refuse('it does not begin with its boundary')
  }
  const parts: FormPart[] = []
  let at = opening.length
  while (body.toString('latin1', at, at + 2) !== '--') {
    if (parts.length === formPartsMax) return refuse(`it has more than ${formPartsMax} parts`)
    const part = readPart(body, at, delimiter)
    if (!part.ok) return part
    parts.push(part.value)
    at = part.value.end + delimiter.length
  }
  const rest = body.toString('latin1', at + 2, at + 5)
  return rest === '' || rest === crlf ? ok(parts) : refuse('something follows its last boundary')
}

/** `at` is behind the boundary that begins the part. */
function readPart(body: Buffer, at: number, delimiter: Buffer): Parsed<FormPart> {
  if (body.toString('latin1', at, at + 2) !== crlf) {
    return refuse('a boundary of it does not end its line')
  }
  const headEnd = body.indexOf(headersEnd, at)
  const end = headEnd < 0 ? -1 : body.indexOf(delimiter, headEnd + headersEnd.length)
  if (end < 0) return refuse('it ends before its last boundary')
  if (headEnd - at > formPartHeadBytesMax) {
    return refuse(`a part of it has more than ${formPartHeadBytesMax} bytes of headers`)
  }
  const head = readHead(body.toString('utf8', at + crlf.length, headEnd))
  return head.ok ? ok({ ...head.value, start: headEnd + headersEnd.length, end }) : head
}

/** A line that is no header, a folded one among them, makes the rest of the head another thing to another parser. */
const headerPattern = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n\0]*)$/
const plainEncodings: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])

function readHead(head: string): Parsed<Pick<FormPart, 'name' | 'isFile'>> {
  let disposition: string | undefined
  for (const line of head.split(crlf)) {
    const [, name, written = ''] = headerPattern.exec(line) ?? []
    if (name === undefined) return refuse('a header of a part cannot be read')
    const value = written.replace(/^[ \t]+/, '')
    if (/^content-transfer-encoding$/i.test(name) && !plainEncodings.has(value.toLowerCase())) {
      return refuse('a part of it is encoded')
    }
    if (!/^content-disposition$/i.test(name)) continue
    if (disposition !== undefined) return refuse('a part of it has two names')
    disposition = value
  }
  return readDisposition(disposition ?? '')
}

const parameterPattern = /\s*;\s*(name|filename\*?)=("[^"]*"|[^\s;"]+)/giy

function readDisposition(value: string): Parsed<Pick<FormPart, 'name' | 'isFile'>> {
  const unreadable = refuse('the name of a part cannot be read')
  if (!/^form-data\b/i.test(value)) return unreadable
  const parameters = new Map<string, string>()
  parameterPattern.lastIndex = 'form-data'.length
  let readTo = parameterPattern.lastIndex
  for (;;) {
    const [, key = '', written = ''] = parameterPattern.exec(value) ?? []
    if (key === '') break
    readTo = parameterPattern.lastIndex
    if (parameters.has(key.toLowerCase())) return unreadable
    parameters.set(key.toLowerCase(), written.replace(/^"|"$/g, ''))
  }
  const name = parameters.get('name')
  // A backslash escapes to some parsers and is itself to others.
  if (name === undefined || name.includes('\\') || value.slice(readTo).trim() !== '') {
    return unreadable
  }
  // A file without a name is a file to some parsers, and a text to others.
  if (parameters.get('filename') === '') return unreadable
  return ok({ name, isFile: parameters.has('filename') || parameters.has('filename*') })
}

/** Only files, and lists by their name, may stand more than once. */
function repeatedName(parts: readonly FormPart[]): string | undefined {
  const texts = new Set<string>()
  const files = new Set<string>()
  for (const { name, isFile } of parts) {
    if (!isFile && !name.endsWith('[]') && texts.has(name)) return name
    if (isFile) files.add(name)
    else texts.add(name)
  }
  return [...texts].find((name) => files.has(name))
}
