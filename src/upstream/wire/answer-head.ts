/*
 * The head of an answer (RFC 9112), read in the one way that every reader agrees on, or not at all: two lengths, a length
 * beside chunks, a folded line or a bare line feed make two answers of one, and the second would be given to somebody else.
 */
import { type AnswerHeaders, heededNames, noHeaders } from '../answer-headers.ts'
import { isContentByte, isTokenByte } from './field-bytes.ts'

export type AnswerHead = {
  readonly status: number
  readonly headers: AnswerHeaders
  /** A number: so many bytes. */
  readonly body: number | 'chunked' | 'until_close'
  /** How long the connection stays open for another request by what the other side says; undefined where it says nothing. */
  readonly keepAliveMs: number | undefined
  /** Whether the connection may carry another request after this answer. */
  readonly persists: boolean
}

/** With its line ends, without the empty line; bytes as Latin-1. Undefined for what is no head, or one of two meanings. */
export function readAnswerHead(text: string): AnswerHead | undefined {
  if (!statusLine.test(text)) return undefined
  const fields = new Fields()
  let at = text.indexOf('\r\n') + 2
  while (at < text.length) {
    const colon = endOfName(text, at)
    if (colon === at || text.charCodeAt(colon) !== 0x3a) return undefined
    const end = endOfValue(text, colon + 1)
    if (!text.startsWith('\r\n', end)) return undefined
    const name = text.slice(at, colon).toLowerCase()
    if (!fields.take(name, trimmed(text, { from: colon + 1, to: end }))) return undefined
    at = end + 2
  }
  return headOf(Number(text.slice(9, 12)), text.charCodeAt(7) === 0x30, fields)
}

/** Some engines leave out the space behind the status; no reader takes that for anything else. */
const statusLine = /^HTTP\/1\.[01] [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/

function headOf(status: number, isOld: boolean, fields: Fields): AnswerHead | undefined {
  const { headers, contentBytes, isChunked, closes, keepAliveMs } = fields
  if (isChunked && (contentBytes !== undefined || isOld)) return undefined
  const hasBody = status >= 200 && status !== 204 && status !== 304
  const framed = isChunked ? 'chunked' : (contentBytes ?? 'until_close')
  const body = hasBody ? framed : 0
  const persists = !isOld && !closes && body !== 'until_close'
  return { status, headers, body, keepAliveMs, persists }
}

class Fields {
  readonly headers = noHeaders()
  contentBytes: number | undefined
  isChunked = false
  closes = false
  keepAliveMs: number | undefined

  /** False for what must not be there. */
  take(name: string, value: string): boolean {
    switch (name) {
      case 'content-length':
        if (this.contentBytes !== undefined || !/^\d{1,15}$/.test(value)) return false
        this.contentBytes = Number(value)
        return true
      case 'transfer-encoding':
        if (this.isChunked || value.toLowerCase() !== 'chunked') return false
        this.isChunked = true
        return true
      case 'connection':
        this.closes ||= /(?:^|[\s,])close(?:$|[\s,])/i.test(value)
        return true
      case 'keep-alive': {
        const seconds = /(?:^|[\s,])timeout\s*=\s*(\d{1,9})(?!\d)/i.exec(value)?.[1]
        if (seconds !== undefined) this.keepAliveMs = Number(seconds) * 1000
        return true
      }
      default: {
        const member = heededNames.get(name)
        if (member !== undefined) this.headers[member] ??= value
        return true
      }
    }
  }
}

function endOfName(text: string, from: number): number {
  let at = from
  while (isTokenByte(text.charCodeAt(at))) at += 1
  return at
}

function endOfValue(text: string, from: number): number {
  let at = from
  while (isContentByte(text.charCodeAt(at))) at += 1
  return at
}

/** Without the spaces and tabs around a value, which are no part of it; `trim` takes more than these. */
function trimmed(
  text: string,
  { from, to }: { readonly from: number; readonly to: number },
): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
