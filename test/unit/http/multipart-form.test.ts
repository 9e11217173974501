import { describe, expect, test } from 'vitest'
import { readForm } from '../../../src/http/multipart-form.ts'

const type = 'multipart/form-data; boundary=b'
const part = (head: string, content = 'x') => `--b\r\n${head}\r\n\r\n${content}\r\n`
const field = (name: string, content = 'x') =>
  part(`Content-Disposition: form-data; name="${name}"`, content)
const file = (name: string, content = 'x') =>
  part(`Content-Disposition: form-data; name="${name}"; filename="f"\r\nContent-Type: a/b`, content)
const end = '--b--\r\n'

const read = (text: string, contentType = type) => {
  const body = Buffer.from(text)
  const form = readForm(body, contentType)
  if (!form.ok) return form.error.reason === 'invalid_form' ? form.error.detail : form.error
  return form.value.parts.map(({ name, isFile, start, end: to }) => [
    isFile ? `${name} (file)` : name,
    body.toString('latin1', start, to),
  ])
}

describe('what is taken', () => {
  test('texts and files, with the place of their content', () => {
    expect(read(field('model', 'm') + file('file', 'a\r\nb') + end)).toEqual([
      ['model', 'm'],
      ['file (file)', 'a\r\nb'],
    ])
  })

  test('a boundary in quotes, headers in any case and order, and names without quotes', () => {
    const head = 'content-length: 1\r\nCONTENT-DISPOSITION:form-data;name=model'
    expect(read(part(head) + end, 'Multipart/Form-Data;boundary="b"')).toEqual([['model', 'x']])
  })

  test('nothing, an empty field, and a last boundary without a line end', () => {
    expect(read(`--b--`)).toEqual([])
    expect(read(`${field('a', '')}--b--`)).toEqual([['a', '']])
  })

  test('several files of one name, and lists', () => {
    const list = field('timestamp_granularities[]')
    expect(read(file('image') + file('image') + list + list + end)).toHaveLength(4)
  })

  test("a file's name in any encoding", () => {
    const head = `Content-Disposition: form-data; name="file"; filename*=utf-8''%c3%a9`
    expect(read(part(head) + end)).toEqual([['file (file)', 'x']])
  })

  test.each([
    ['fields', [['model', 'm']], []],
    ['a file', [['model', 'm']], ['file']],
    [
      'odd names and contents',
      [
        ['a b', '--b\r\n'],
        ['é', 'ü'],
      ],
      ['image[]', 'image[]'],
    ],
  ] as const)('what FormData writes of %s', async (_name, texts, files) => {
    const form = new FormData()
    for (const [name, text] of texts) form.append(name, text)
    for (const name of files) form.append(name, new Blob(['\r\n--b']), 'a "name".wav')
    const request = new Request('http://127.0.0.1', { method: 'POST', body: form })
    const body = Buffer.from(await request.clone().arrayBuffer())
    const ours = readForm(body, request.headers.get('content-type') ?? '')
    if (!ours.ok) throw new Error(JSON.stringify(ours.error))
    const theirs = [...(await request.formData())]
    expect(ours.value.parts.map(({ name }) => name)).toEqual(theirs.map(([name]) => name))
    for (const [index, { start, end: to }] of ours.value.parts.entries()) {
      const value = theirs[index]?.[1]
      const text = typeof value === 'string' ? value : await value?.text()
      expect(body.toString('utf8', start, to)).toBe(text)
    }
  })
})

describe('what two parsers might read in two ways', () => {
  const notRead = /./
  test.each([
    ['no content type', field('a') + end, '', /content type/],
    ['JSON', '{}', 'application/json', /content type/],
    ['no boundary', field('a') + end, 'multipart/form-data', /content type/],
    ['two boundaries', field('a') + end, `${type}; boundary=c`, /content type/],
    ['another parameter', field('a') + end, `${type}; charset=utf-8`, /content type/],
    [
      'a boundary that is too long',
      end,
      `multipart/form-data; boundary=${'b'.repeat(71)}`,
      notRead,
    ],
    ['bytes before the first boundary', `x\r\n${field('a')}${end}`, type, /does not begin/],
    ['a boundary of another form', field('a').replaceAll('--b', '--c') + end, type, notRead],
    ['bytes after the last boundary', `${field('a')}${end}x`, type, /follows/],
    ['no last boundary', field('a'), type, notRead],
    ['a part without an end', `${field('a')}--b\r\nContent-Disposition: form-data`, type, /ends/],
    ['a longer boundary inside', `${field('a', 'x\r\n--bc\r\n')}${end}`, type, /end its line/],
    ['a field twice', field('model', 'a') + field('model', 'b') + end, type, /twice/],
    ['a field that is a file, too', file('model') + field('model') + end, type, /twice/],
    ['a part without a name', part('Content-Type: a/b') + end, type, /name/],
    ['an empty head', `--b\r\n\r\nx\r\n${end}`, type, notRead],
    [
      'two dispositions',
      part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"') +
        end,
      type,
      /two names/,
    ],
    ['two names', part('Content-Disposition: form-data; name="a"; name="b"') + end, type, /name/],
    ['an encoded name', part(`Content-Disposition: form-data; name*=utf-8''a`) + end, type, /name/],
    ['a name with a backslash', field('a\\') + end, type, /name/],
    ['another disposition', part('Content-Disposition: attachment; name="a"') + end, type, /name/],
    [
      'words behind the name',
      part('Content-Disposition: form-data; name="a" x') + end,
      type,
      /name/,
    ],
    ['a folded header', part('Content-Disposition: form-data;\r\n name="a"') + end, type, /header/],
    [
      'a bare line feed in a header',
      part('Content-Disposition: form-data; name="a"\nX: y') + end,
      type,
      /header/,
    ],
    [
      'a base64 part',
      part('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64') + end,
      type,
      /encoded/,
    ],
    [
      'a file whose name is empty',
      part('Content-Disposition: form-data; name="n"; filename=""', '10') + end,
      type,
      /name of a part/,
    ],
    ['a head that does not end', part(`X: ${'y'.repeat(5_000)}`) + end, type, /4096 bytes/],
    ['too many parts', field('a[]').repeat(65) + end, type, /more than 64/],
  ])('%s', (_name, text, contentType, detail) => {
    expect(read(text, contentType)).toMatch(detail)
  })

  test('ten thousand parts are not read to the end', () => {
    expect(read(field('a[]').repeat(10_000) + end)).toMatch(/more than 64/)
  })

  test('a form within a form is a part like any other', () => {
    const inner = field('model', 'dear').replaceAll('--b', '--c')
    const head =
      'Content-Disposition: form-data; name="x"\r\nContent-Type: multipart/mixed; boundary=c'
    expect(read(part(head, inner) + field('model', 'm') + end)).toEqual([
      ['x', inner],
      ['model', 'm'],
    ])
  })
})
