/*
 * Strict JSON is JSON.parse, less what two readers could read differently: keys given twice, and nesting without end.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonDepthMax } from '../../src/base/limits.ts'
import { parseStrictJson } from '../../src/http/strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))

/** Depth and repeated keys by a parser of the grammar, with nothing of the code under test. Only for valid JSON. */
function examine(text: string): { readonly depth: number; readonly repeated: boolean } {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? []
  const open: (Set<string> | undefined)[] = []
  let depth = 0
  let repeated = false
  for (const [index, token] of tokens.entries()) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined)
      depth = Math.max(depth, open.length)
    } else if (token === '}' || token === ']') open.pop()
    else if (tokens[index + 1] === ':') {
      const key = JSON.parse(token) as string
      const keys = open.at(-1)
      repeated ||= keys?.has(key) === true
      keys?.add(key)
    }
  }
  return { depth, repeated }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** JSON text with any white space, any spelling of strings, and sometimes a key twice. */
const anyString = fc.string({ unit: 'binary', maxLength: 6 }).map((text) => text.toWellFormed())
const spelled = fc
  .tuple(anyString, fc.nat(3))
  .map(([text, way]) =>
    way === 0
      ? `"${[...text].map((character) => [...character].map(escaped).join('')).join('')}"`
      : JSON.stringify(text),
  )
const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')
const anySpace = fc.constantFrom('', '', ' ', '\n', '\t\r')
const { text: anyJsonText } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', '0', '-1.5e3', '1e400', '"a:b{}[]"', '"\\"\\\\"'),
    spelled,
    fc
      .tuple(fc.array(tie('text'), { maxLength: 4 }), anySpace)
      .map(([items, space]) => `[${items.join(`${space},`)}]`),
    fc
      .tuple(
        fc.array(
          fc.tuple(
            fc.oneof(fc.constantFrom('"a"', '"b"', '"\\u0061"', '"__proto__"'), spelled),
            tie('text'),
          ),
          {
            maxLength: 4,
          },
        ),
        anySpace,
      )
      .map(
        ([members, space]) => `{${members.map((member) => member.join(`${space}:`)).join(',')}}`,
      ),
  ),
}))

test('agrees with JSON.parse on what it accepts, and refuses exactly a repeated key', () => {
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(anyJsonText, (text) => {
      const { repeated } = examine(text)
      const result = parse(text)
      expect(result.ok).toBe(!repeated)
      if (result.ok) {
        expect(result.value).toEqual(JSON.parse(text))
        accepted += 1
      } else {
        expect(result.error.detail).toBe('an object has the same key twice')
        refused += 1
      }
    }),
    { numRuns: 3000 },
  )
  expect(accepted).toBeGreaterThan(500)
  expect(refused).toBeGreaterThan(50)
})

test('what was changed anywhere is judged like what was written so', () => {
  const counts = { accepted: 0, invalid: 0 }
  const anyChange = fc.record({
    at: fc.nat(1000),
    remove: fc.nat(2),
    insert: fc.constantFrom(
      '',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      'a',
      ' ',
      '\u0000',
      'é',
    ),
  })
  fc.assert(
    fc.property(anyJsonText, anyChange, (text, { at, remove, insert }) => {
      const position = Math.floor((at * text.length) / 1000)
      const changed = text.slice(0, position) + insert + text.slice(position + remove)
      const expected = parsed(changed.toWellFormed())
      const result = parse(changed)
      if (expected === undefined) {
        expect(result).toMatchObject({ ok: false, error: { reason: 'invalid_json' } })
        counts.invalid += 1
        return
      }
      expect(result.ok).toBe(!examine(changed.toWellFormed()).repeated)
      if (!result.ok) return
      expect(result.value).toEqual(expected.value)
      counts.accepted += 1
    }),
    { numRuns: 3000 },
  )
  expect(counts.accepted).toBeGreaterThan(100)
  expect(counts.invalid).toBeGreaterThan(100)
})

test('nesting is counted in objects and arrays alike, and bounded', () => {
  const verdicts = new Set<boolean>()
  const anyLevels = fc.array(fc.boolean(), {
    minLength: jsonDepthMax - 3,
    maxLength: jsonDepthMax + 3,
  })
  fc.assert(
    fc.property(anyLevels, (levels) => {
      const opened = levels.map((object) => (object ? '{"k":' : '[')).join('')
      const closed = levels
        .map((object) => (object ? '}' : ']'))
        .reverse()
        .join('')
      const accepted = parse(`${opened}1${closed}`).ok
      expect(accepted).toBe(levels.length <= jsonDepthMax)
      verdicts.add(accepted)
    }),
  )
  expect(verdicts.size).toBe(2)
})

test('never throws, whatever the bytes, and says nothing of them', () => {
  let judged = 0
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const result = parseStrictJson(Buffer.from(bytes))
      if (result.ok) return
      expect(result.error.detail).toMatch(/^(the body|it is nested|an object) [a-z0-9 UTF-]+$/)
      judged += 1
    }),
    { numRuns: 1000 },
  )
  expect(judged).toBeGreaterThan(100)
})
