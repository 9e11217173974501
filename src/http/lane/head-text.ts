import { STATUS_CODES } from 'node:http'
import { keepAliveS } from './limits.ts'

/** RFC 9110, 5.5: what a value can carry, each character as one byte. */
const uncarriable = /[^\t\x20-\x7e\x80-\xff]/

/**
 * The head of an answer with its blank line, as Node's server writes it. Names are our own; a value that could break out of its
 * line, or would not arrive as it is, throws.
 */
export function headText(
  status: number,
  headers: Readonly<Record<string, string | number>>,
): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`
  for (const name in headers) head += lineOf(name, headers[name])
  head += `Date: ${dateNow()}\r\n`
  if (headers['connection'] === undefined) {
    head += `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveS}\r\n`
  }
  if (headers['content-length'] === undefined) head += 'Transfer-Encoding: chunked\r\n'
  return `${head}\r\n`
}

export function trailersText(trailers: Readonly<Record<string, string>>): string {
  let text = ''
  for (const name in trailers) text += lineOf(name, trailers[name])
  return text
}

function lineOf(name: string, value: string | number | undefined): string {
  if (value === undefined || (typeof value === 'string' && uncarriable.test(value))) {
    throw new TypeError(`The header ${name} has a value that no header can have.`)
  }
  return `${name}: ${value}\r\n`
}

let dateAtS = 0
let dateText = ''

/** As RFC 9110 5.6.7 writes it; made once a second. */
function dateNow(): string {
  const nowMs = Date.now()
  const atS = Math.floor(nowMs / 1000)
  if (atS !== dateAtS) {
    dateAtS = atS
    dateText = new Date(nowMs).toUTCString()
  }
  return dateText
}
