import type { ExchangeRequest } from '../exchange.ts'

/**
 * The head of a request, to be written as Latin-1; undefined where a part of it would end it early, and what follows be
 * another request. No encoding is asked for: without a word on it any would be acceptable (RFC 9110, section 12.5.3).
 */
export function requestHead(
  host: string,
  { method, path, headers, body }: ExchangeRequest,
): string | undefined {
  if (!visible.test(path)) return undefined
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\naccept-encoding: identity\r\n`
  for (const name in headers) {
    const value = headers[name] ?? ''
    if (!fieldName.test(name) || noValue.test(value)) return undefined
    head += `${name}: ${value}\r\n`
  }
  const isBare = method === 'GET' && body.length === 0
  return isBare ? `${head}\r\n` : `${head}content-length: ${body.length}\r\n\r\n`
}

const visible = /^[\x21-\x7e\x80-\xff]+$/
const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const noValue = /[^\t\x20-\x7e\x80-\xff]/
