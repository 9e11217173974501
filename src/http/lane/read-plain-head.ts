/*
 * Heads of requests that every parser reads the same: RFC 9112 without anything that it lets a recipient decide. Whatever
 * stands between two readings (a length and a coding, two lengths, a line that ends in LF alone, a folded line, a space before
 * a colon) is not plain, and neither is what asks for more than an answer. Nothing is refused here: Node's server reads the rest.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { plainHeadBytesMax } from './limits.ts'

export type PlainHead<Route> = {
  readonly route: Route
  /** By lower-case name, each once. */
  readonly headers: IncomingHttpHeaders
  /** Of the head, its blank line included. */
  readonly length: number
  /** At least 1. */
  readonly bodyLength: number
}

const headEnd = Buffer.from('\r\n\r\n')

/** About the connection instead of the request, or about more than one answer to it: all that is Node's to decide. */
const unplainNames: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'keep-alive',
  // Only pages of browsers send it, and which of them may ask is told in the listener of Node's server.
  'origin',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * The head at the beginning of `bytes`; undefined where it is not plain or not whole. `routes` are keyed by the whole request
 * line, such as `POST /v1/embeddings HTTP/1.1`.
 */
export function readPlainHead<Route>(
  bytes: Buffer,
  routes: ReadonlyMap<string, Route>,
): PlainHead<Route> | undefined {
  const end = bytes.indexOf(headEnd)
  if (end < 0 || end > plainHeadBytesMax) return undefined
  // With the end of its last line. Every byte is one character, so that positions are the same in both.
  const text = bytes.toString('latin1', 0, end + 2)
  const lineEnd = text.indexOf('\r\n')
  const route = routes.get(text.slice(0, lineEnd))
  if (route === undefined) return undefined
  const headers = readHeaders(text, lineEnd + 2)
  if (headers?.['host'] === undefined) return undefined
  const bodyLength = canonicalLength(headers['content-length'])
  if (bodyLength === undefined || !keepsAlive(headers['connection'])) return undefined
  return { route, headers, length: end + headEnd.length, bodyLength }
}

/** A decimal number without a sign, leading zeros or a list, so that no reader takes it for another one. */
function canonicalLength(value: string | undefined): number | undefined {
  return value !== undefined && /^[1-9]\d{0,11}$/.test(value) ? Number(value) : undefined
}

const keepsAlive = (connection: string | undefined): boolean =>
  connection === undefined || connection.toLowerCase() === 'keep-alive'

function readHeaders(text: string, from: number): IncomingHttpHeaders | undefined {
  const headers: Record<string, string> = {}
  let at = from
  while (at < text.length) {
    const colon = nameEnd(text, at)
    if (colon === at || text.charCodeAt(colon) !== 0x3a) return undefined
    const start = blankEnd(text, colon + 1)
    const end = valueEnd(text, start)
    // Of what is no value only CR with LF may follow, and spaces before it are not read by everybody.
    if (text.charCodeAt(end) !== 0x0d || text.charCodeAt(end + 1) !== 0x0a) return undefined
    if (isBlank(text.charCodeAt(end - 1)) && end > start) return undefined
    const name = text.slice(at, colon).toLowerCase()
    // `constructor` and its kind are members of every object: they pass for sent twice, which is as well.
    if (headers[name] !== undefined || unplainNames.has(name)) return undefined
    headers[name] = text.slice(start, end)
    at = end + 2
  }
  return headers
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** RFC 9110, 5.6.2: what a name may be made of. */
const tokenCodes: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]$/.test(String.fromCharCode(code)) ? 1 : 0,
)

function nameEnd(text: string, from: number): number {
  let at = from
  while (tokenCodes[text.charCodeAt(at)] === 1) at += 1
  return at
}

function blankEnd(text: string, from: number): number {
  let at = from
  while (isBlank(text.charCodeAt(at))) at += 1
  return at
}

/** Visible ASCII with spaces and tabs between. */
function valueEnd(text: string, from: number): number {
  let at = from
  let code = text.charCodeAt(at)
  while ((code >= 0x20 && code <= 0x7e) || code === 0x09) {
    at += 1
    code = text.charCodeAt(at)
  }
  return at
}
