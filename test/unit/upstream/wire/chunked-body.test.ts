import { describe, expect, test } from 'vitest'
import { ChunkedBody } from '../../../../src/upstream/wire/chunked-body.ts'
import { IncomingBytes } from '../../../../src/upstream/wire/incoming-bytes.ts'

/** What a body holds whose bytes come as they are given, and how its reading ended. */
function decode(...pieces: readonly string[]) {
  const body = new ChunkedBody()
  let data = ''
  let left = 0
  for (const piece of pieces) {
    const incoming = IncomingBytes.own(Buffer.from(piece, 'latin1'))
    data += body.read(incoming).toString('latin1')
    left += incoming.left
  }
  const end = body.isMalformed ? 'malformed' : body.isWhole ? 'whole' : 'open'
  return { data, end, left }
}

describe('ChunkedBody', () => {
  test.each([
    ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['several', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n', 'hello world'],
    ['none', '0\r\n\r\n', ''],
    [
      'sizes in either case, with zeros in front',
      '0a\r\n0123456789\r\n0B\r\n0123456789A\r\n00\r\n\r\n',
      '01234567890123456789A',
    ],
    ['line ends in the data', '4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n'],
    ['extensions', '5;a=b;c="d e"\r\nhello\r\n0;last\r\n\r\n', 'hello'],
    ['trailers', '5\r\nhello\r\n0\r\nx-a: 1\r\nx-b: 2\r\n\r\n', 'hello'],
  ])('reads %s, wherever they are cut', (_what, bytes, data) => {
    expect(decode(bytes)).toEqual({ data, end: 'whole', left: 0 })
    expect(decode(...bytes)).toEqual({ data, end: 'whole', left: 0 })
    for (let at = 1; at < bytes.length; at += 1) {
      expect(decode(bytes.slice(0, at), bytes.slice(at))).toEqual({ data, end: 'whole', left: 0 })
      expect(decode(bytes.slice(0, at)).end).toBe('open')
    }
  })

  test('leaves what follows the body', () => {
    expect(decode('1\r\na\r\n0\r\n\r\nHTTP')).toEqual({ data: 'a', end: 'whole', left: 4 })
  })

  test.each([
    ['no size', '\r\nhello\r\n0\r\n\r\n'],
    ['no digits before an extension', ';a\r\nhello\r\n0\r\n\r\n'],
    ['a sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a blank before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['a blank behind the size', '5 \r\nhello\r\n0\r\n\r\n'],
    ['more digits than any size has', '000000005\r\nhello\r\n0\r\n\r\n'],
    ['a bare line feed behind the size', '5\nhello\r\n0\r\n\r\n'],
    ['a carriage return alone in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
    ['a line feed alone in an extension', '5;a\nhello\r\n0\r\n\r\n'],
    ['a NUL in an extension', '5;\0\r\nhello\r\n0\r\n\r\n'],
    ['a chunk that is longer than it says', '4\r\nhello\r\n0\r\n\r\n'],
    ['a bare line feed behind the data', '5\r\nhello\n0\r\n\r\n'],
    ['a folded trailer', '0\r\nx-a: 1\r\n b\r\n\r\n'],
    ['a bare line feed behind a trailer', '0\r\nx-a: 1\n\r\n'],
    ['a bare line feed at the end', '0\r\n\n'],
    ['a carriage return too much', '0\r\n\r\r\n'],
  ])('refuses %s', (_what, bytes) => {
    expect(decode(bytes).end).toBe('malformed')
    expect(decode(...bytes).end).toBe('malformed')
  })

  test('what was read before it became malformed is told', () => {
    expect(decode('5\r\nhello\r\nx')).toMatchObject({ data: 'hello', end: 'malformed' })
  })

  test('extensions and trailers have a bound, chunks have none', () => {
    const long = 'x'.repeat(16 * 1024)
    expect(decode(`5;${long}\r\nhello\r\n`).end).toBe('malformed')
    expect(decode(`0\r\nx-a: ${long}\r\n\r\n`).end).toBe('malformed')
    const chunk = `1;${'x'.repeat(1_000)}\r\na\r\n`
    expect(decode(`${chunk.repeat(100)}0\r\n\r\n`)).toMatchObject({ end: 'whole' })
  })
})
