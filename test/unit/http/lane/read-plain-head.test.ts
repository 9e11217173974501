import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPlainHead } from '../../../../src/http/lane/read-plain-head.ts'

const routes = new Map([['POST /v1/chat/completions HTTP/1.1', 'chat']])
const read = (head: string | Buffer) => readPlainHead(Buffer.from(head as string, 'latin1'), routes)

const requestLine = 'POST /v1/chat/completions HTTP/1.1'
const host = 'host: a.example'
const length = 'content-length: 12'
const headOf = (lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`
const plain = headOf([requestLine, host, length])

describe('a plain head', () => {
  test('is read with its length and that of its body', () => {
    expect(read(`${plain}{"model":"m"}`)).toEqual({
      route: 'chat',
      headers: { host: 'a.example', 'content-length': '12' },
      length: plain.length,
      bodyLength: 12,
    })
  })

  test('has names of any case, and values that keep theirs', () => {
    const lines = [requestLine, 'Host:A.example', 'CONTENT-length:  12', 'X-Word:\t two  Words']
    expect(read(headOf(lines))?.headers).toEqual({
      host: 'A.example',
      'content-length': '12',
      'x-word': 'two  Words',
    })
  })

  test('may be empty of what is no matter, and ask to be kept', () => {
    const lines = [requestLine, host, length, 'x-none:', 'connection: Keep-Alive', 'te: trailers']
    expect(read(headOf(lines))?.headers['x-none']).toBe('')
  })

  test.each([
    ['another method', headOf([requestLine.replace('POST', 'GET'), host, length])],
    ['a method in small letters', headOf([requestLine.replace('POST', 'post'), host, length])],
    ['another path', headOf([requestLine.replace('chat', 'cat'), host, length])],
    ['a query', headOf([requestLine.replace(' HTTP', '?a=1 HTTP'), host, length])],
    ['an absolute form', headOf([requestLine.replace('/v1', 'http://a.example/v1'), host, length])],
    ['HTTP/1.0', headOf([requestLine.replace('1.1', '1.0'), host, length])],
    ['two spaces', headOf([requestLine.replace(' ', '  '), host, length])],
    ['an empty line before', `\r\n${plain}`],
    ['lines that end in LF alone', plain.replaceAll('\r\n', '\n')],
    ['one line that ends in LF alone', plain.replace('a.example\r\n', 'a.example\n')],
    ['a CR within a value', plain.replace('a.ex', 'a\r.ex')],
    ['a folded line', plain.replace('a.example', 'a\r\n .example')],
    ['a NUL', plain.replace('a.ex', 'a\0ex')],
    ['a byte beyond ASCII', plain.replace('a.ex', 'a\xe9ex')],
    ['a DEL', plain.replace('a.ex', 'a\x7fex')],
    ['a space before the colon', plain.replace('host:', 'host :')],
    ['a space behind the value', plain.replace('a.example', 'a.example ')],
    ['a line without a colon', headOf([requestLine, host, length, 'word'])],
    ['a name of nothing', headOf([requestLine, host, length, ': word'])],
    ['a name that is no token', headOf([requestLine, host, length, 'x(y): word'])],
    ['no host', headOf([requestLine, length])],
    ['two hosts', headOf([requestLine, host, host, length])],
    ['no length', headOf([requestLine, host])],
    ['two lengths', headOf([requestLine, host, length, length])],
    ['two lengths in one', headOf([requestLine, host, 'content-length: 12, 12'])],
    ['a header twice, in two spellings', headOf([requestLine, host, length, 'x-a: 1', 'X-A: 1'])],
    ['a name that every object has', headOf([requestLine, host, length, '__proto__: 1'])],
    ['a head that has not ended', plain.slice(0, -1)],
    ['nothing', ''],
    ['8 KiB', headOf([requestLine, host, length, `x-long: ${'x'.repeat(8_192)}`])],
  ])('is none with %s', (_what, head) => {
    expect(read(head)).toBeUndefined()
  })

  test.each(['0', '00', '012', '+12', '-1', '1e1', '0x1', '12.0', '1 2', '1234567890123', ''])(
    'is none with a length of "%s"',
    (value) => {
      expect(read(headOf([requestLine, host, `content-length: ${value}`]))).toBeUndefined()
    },
  )

  test.each([
    'transfer-encoding: chunked',
    'transfer-encoding: identity',
    'expect: 100-continue',
    'upgrade: vouch-tunnel/1',
    'trailer: x-sum',
    'connection: close',
    'connection: keep-alive, x-a',
    'connection: upgrade',
    'keep-alive: timeout=5',
    'proxy-connection: keep-alive',
    'http2-settings: AAMAAABkAAQAAP__',
    'origin: https://app.example',
  ])('is none with %s', (line) => {
    expect(read(headOf([requestLine, host, length, line]))).toBeUndefined()
    expect(read(headOf([requestLine, host, length, line.toUpperCase()]))).toBeUndefined()
  })
})

test('one byte more or less, or another one, never makes two requests of it or moves its end', () => {
  let plainOnes = 0
  const anyEdit = fc.record({
    at: fc.nat(plain.length - 1),
    remove: fc.nat(1),
    insert: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(anyEdit, ({ at, remove, insert }) => {
      const inserted = insert === undefined ? '' : String.fromCharCode(insert)
      const edited = plain.slice(0, at) + inserted + plain.slice(at + remove)
      const head = read(edited)
      if (head === undefined) return
      plainOnes += 1
      expect(head.length).toBe(edited.indexOf('\r\n\r\n') + 4)
      const lines = edited.slice(0, head.length - 4).split('\r\n')
      expect(lines[0]).toBe(requestLine)
      const told = Object.entries(head.headers).map(([name, value]) => `${name}:${value}`)
      const sent = lines.slice(1).map((line) => {
        const colon = line.indexOf(':')
        return `${line.slice(0, colon).toLowerCase()}:${line.slice(colon + 1).trim()}`
      })
      expect(told).toEqual(sent)
      expect(String(head.bodyLength)).toBe(head.headers['content-length'])
    }),
    { numRuns: 2_000 },
  )
  expect(plainOnes).toBeGreaterThan(0)
})
