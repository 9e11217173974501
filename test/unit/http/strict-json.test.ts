import { describe, expect, test } from 'vitest'
import { jsonDepthMax, jsonNodesMax } from '../../../src/base/limits.ts'
import { parseStrictJson } from '../../../src/http/strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))
const detailOf = (bytes: Buffer) => {
  const parsed = parseStrictJson(bytes)
  return parsed.ok ? undefined : parsed.error.detail
}

describe('parseStrictJson', () => {
  test.each([
    ['{"a":1,"b":{"a":1}}', { a: 1, b: { a: 1 } }],
    ['[{"a":1},{"a":1}]', [{ a: 1 }, { a: 1 }]],
    ['{"a":"x\\":\\"y","b":"{[:,"}', { a: 'x":"y', b: '{[:,' }],
    ['{"a\\\\":1,"a":2}', { 'a\\': 1, a: 2 }],
    ['{"":1," ":2}', { '': 1, ' ': 2 }],
    ['"\\\\"', '\\'],
    [' 7 ', 7],
  ])('takes %s', (text, value) => {
    expect(parse(text)).toEqual({ ok: true, value })
  })

  test.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":[{"c":1,"c":2}]}}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":1}',
    '{"0":1,"0":1}',
  ])('refuses %s: two parsers would read two things', (text) => {
    expect(detailOf(Buffer.from(text))).toBe('an object has the same key twice')
  })

  test('says what is wrong, never what was said', () => {
    const deep = (levels: number) => Buffer.from(`${'['.repeat(levels)}${']'.repeat(levels)}`)
    expect(detailOf(Buffer.alloc(0))).toBe('the body is empty')
    expect(detailOf(Buffer.from([0xff]))).toBe('the body is not valid UTF-8')
    expect(detailOf(Buffer.from('{"secret'))).toBe('the body cannot be parsed')
    expect(detailOf(deep(jsonDepthMax))).toBeUndefined()
    expect(detailOf(deep(jsonDepthMax + 1))).toBe(`it is nested deeper than ${jsonDepthMax} levels`)
  })

  test('refuses more members, objects and arrays together than anybody needs', () => {
    const tooMany = `it has more than ${jsonNodesMax} members, objects and arrays`
    const arrays = (count: number) => `[${Array(count - 1).fill('[]')}]`
    expect(detailOf(Buffer.from(arrays(jsonNodesMax)))).toBeUndefined()
    expect(detailOf(Buffer.from(arrays(jsonNodesMax + 1)))).toBe(tooMany)
    const members = Array.from({ length: jsonNodesMax }, (_, index) => `"${index}":0`)
    expect(detailOf(Buffer.from(`{${members}}`))).toBe(tooMany)
    expect(detailOf(Buffer.from(JSON.stringify('[]{"":0}'.repeat(jsonNodesMax))))).toBeUndefined()
  })

  test('a text that was built to be slow is not: strings of escapes, quotes and brackets', () => {
    for (const unit of ['\\\\', '\\"', ':', '{', '}{', '[]']) {
      const text = JSON.stringify(unit.repeat(200_000))
      expect(parse(text)).toEqual({ ok: true, value: unit.repeat(200_000) })
    }
    expect(parse(`"${'\\'.repeat(1_000_001)}`).ok).toBe(false)
  })
})
