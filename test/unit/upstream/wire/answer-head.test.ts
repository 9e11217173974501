import { describe, expect, test } from 'vitest'
import { readAnswerHead } from '../../../../src/upstream/wire/answer-head.ts'

const head = (...lines: readonly string[]) => readAnswerHead(`${lines.join('\r\n')}\r\n`)
const ok = 'HTTP/1.1 200 OK'

describe('readAnswerHead', () => {
  test('reads what is heeded, in any case, without the blanks around it', () => {
    const read = head(
      ok,
      'Content-Type: \t application/json; charset=utf-8 \t',
      'x-vouch-work:signed',
      'X-Vouch-Voucher: shown',
      'Retry-After: 7',
      'retry-after-ms: 70',
      'Date: Sun, 22 Nov 2026 10:00:00 GMT',
      'CONTENT-ENCODING: gzip',
      'Set-Cookie: nobody=reads-it',
      'Content-Length: 12',
    )
    expect(read).toEqual({
      status: 200,
      headers: {
        contentType: 'application/json; charset=utf-8',
        contentEncoding: 'gzip',
        date: 'Sun, 22 Nov 2026 10:00:00 GMT',
        retryAfter: '7',
        retryAfterMs: '70',
        encodedWork: 'signed',
        shownVoucher: 'shown',
      },
      body: 12,
      keepAliveMs: undefined,
      persists: true,
    })
  })

  test('of a field that comes twice the first counts, where that changes no framing', () => {
    expect(head(ok, 'content-type: a/b', 'content-type: c/d')?.headers.contentType).toBe('a/b')
  })

  test('text beyond ASCII may stand in values, blanks of other alphabets stay in them', () => {
    expect(head(ok, 'content-type: \u00a0caf\u00e9\u00a0')?.headers.contentType).toBe(
      '\u00a0caf\u00e9\u00a0',
    )
  })

  test.each([
    ['a length', [ok, 'content-length: 0'], { body: 0, persists: true }],
    ['a large length', [ok, 'content-length: 999999999999999'], { body: 999_999_999_999_999 }],
    ['chunks', [ok, 'Transfer-Encoding: Chunked'], { body: 'chunked', persists: true }],
    ['neither', [ok, 'connection: keep-alive'], { body: 'until_close', persists: false }],
    ['no reason', ['HTTP/1.1 200 ', 'content-length: 1'], { body: 1 }],
    ['nothing behind the status', ['HTTP/1.1 200', 'content-length: 1'], { body: 1 }],
    ['no fields at all', ['HTTP/1.1 500 Oops'], { status: 500, body: 'until_close' }],
    ['a 204', ['HTTP/1.1 204 No Content'], { body: 0, persists: true }],
    ['a 304', ['HTTP/1.1 304 Same', 'content-length: 7'], { body: 0 }],
    ['an interim answer', ['HTTP/1.1 103 Early Hints'], { status: 103, body: 0 }],
    ['a close', [ok, 'content-length: 1', 'connection: Close'], { body: 1, persists: false }],
    [
      'a close among others',
      [ok, 'content-length: 1', 'connection: x, close'],
      { persists: false },
    ],
    [
      'a close in another word',
      [ok, 'content-length: 1', 'connection: closed'],
      { persists: true },
    ],
    ['HTTP/1.0', ['HTTP/1.0 200 OK', 'content-length: 1'], { body: 1, persists: false }],
    ['how long it is kept', [ok, 'keep-alive: timeout=5, max=9'], { keepAliveMs: 5_000 }],
    ['how long, later', [ok, 'keep-alive: max=9, timeout = 5'], { keepAliveMs: 5_000 }],
    ['no time', [ok, 'keep-alive: timeout=soon'], { keepAliveMs: undefined }],
  ] as const)('understands %s', (_what, lines, expected) => {
    expect(head(...lines)).toMatchObject(expected)
  })

  test.each([
    ['two lengths', [ok, 'content-length: 5', 'content-length: 6']],
    ['the same length twice', [ok, 'content-length: 5', 'Content-Length: 5']],
    ['a list of lengths', [ok, 'content-length: 5, 5']],
    ['a negative length', [ok, 'content-length: -5']],
    ['a signed length', [ok, 'content-length: +5']],
    ['a length in hexadecimal', [ok, 'content-length: 0x5']],
    ['a length of no number', [ok, 'content-length: five']],
    ['an empty length', [ok, 'content-length:']],
    ['a length beyond all', [ok, 'content-length: 1000000000000000']],
    ['a length with blanks in it', [ok, 'content-length: 1 0']],
    ['a length beside chunks', [ok, 'content-length: 5', 'transfer-encoding: chunked']],
    ['chunks beside a length', [ok, 'transfer-encoding: chunked', 'content-length: 5']],
    ['chunks twice', [ok, 'transfer-encoding: chunked', 'transfer-encoding: chunked']],
    ['chunks in a list', [ok, 'transfer-encoding: chunked, chunked']],
    ['another coding', [ok, 'transfer-encoding: gzip, chunked']],
    ['a coding alone', [ok, 'transfer-encoding: identity']],
    ['almost chunked', [ok, 'transfer-encoding: xchunked']],
    ['chunks in HTTP/1.0', ['HTTP/1.0 200 OK', 'transfer-encoding: chunked']],
    ['a blank before the colon', [ok, 'content-length : 5']],
    ['a blank before the name', [ok, ' content-length: 5']],
    ['a folded line', [ok, 'content-type: a/b', '\tcontent-length: 5']],
    ['a line without a colon', [ok, 'content-length']],
    ['an empty name', [ok, ': 5']],
    ['a name in another alphabet', [ok, 'content-lengt\u00e9: 5']],
    ['a NUL', [ok, 'content-type: a\0b']],
    ['a bell', [ok, 'content-type: a\u0007b']],
    ['a DEL', [ok, 'content-type: a\u007fb']],
    ['a carriage return alone', [ok, 'content-type: a\rcontent-length: 5']],
    ['a line feed alone', [ok, 'content-type: a\ncontent-length: 5']],
    ['a line feed alone behind the status', ['HTTP/1.1 200 OK\ncontent-length: 5']],
    ['a NUL in the reason', ['HTTP/1.1 200 O\0K']],
    ['another protocol', ['HTTP/2 200 OK']],
    ['another version', ['HTTP/1.2 200 OK']],
    ['lower case', ['http/1.1 200 OK']],
    ['no status', ['HTTP/1.1 OK']],
    ['two digits', ['HTTP/1.1 20 OK']],
    ['four digits', ['HTTP/1.1 2000 OK']],
    ['a status of no class', ['HTTP/1.1 600 OK']],
    ['a status below all', ['HTTP/1.1 099 OK']],
    ['two blanks', ['HTTP/1.1  200 OK']],
    ['a blank in front', [' HTTP/1.1 200 OK']],
    ['an empty line in front', ['', ok]],
    ['an empty line within', [ok, '', 'content-length: 5']],
    ['nothing', ['']],
  ] as const)('refuses %s', (_what, lines) => {
    expect(head(...lines)).toBeUndefined()
  })
})
