import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../../src/base/canonical-json.ts'

/** The double with these bits. */
const doubleOf = (bits: string): number => Buffer.from(bits, 'hex').readDoubleBE()

describe('RFC 8785', () => {
  test('the sample of section 3.2.2', () => {
    const sample = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(canonicalJson(JSON.parse(sample) as Json)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  test('the order of keys of section 3.2.3', () => {
    const sample = String.raw`{
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }`
    const canonical = canonicalJson(JSON.parse(sample) as Json)
    expect([...canonical.matchAll(/:"([^"]*)"/g)].map(([, name]) => name)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('appendix B: %s is %s', (bits, text) => {
    expect(canonicalJson(doubleOf(bits))).toBe(text)
  })
})

test('keys that look like numbers are ordered as text, in every depth', () => {
  const value = JSON.parse('[{"10":1,"9":{"b":0,"a":0,"":0}}]') as Json
  expect(canonicalJson(value)).toBe('[{"10":1,"9":{"":0,"a":0,"b":0}}]')
})

test('a member named __proto__ is a member', () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":2}') as Json)).toBe('{"__proto__":2,"b":1}')
})

test('line separators and characters beyond ASCII stand for themselves', () => {
  expect(canonicalJson('\u2028\u2029é😀\u007f')).toBe('"\u2028\u2029é😀\u007f"')
})

test('what the RFC refuses still has one text, that of JSON.stringify', () => {
  expect(canonicalJson(['\ud800', Number.NaN, Number.POSITIVE_INFINITY])).toBe(
    '["\\ud800",null,null]',
  )
})

test('says the same in the same bytes, however it was written', () => {
  let compared = 0
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // What is no JSON text survives no round trip: only what was parsed is asked about.
      const parsed = JSON.parse(JSON.stringify(value)) as Json
      const canonical = canonicalJson(parsed)
      expect(JSON.parse(canonical)).toEqual(parsed)
      expect(canonicalJson(reversed(parsed))).toBe(canonical)
      expect(canonicalJson(JSON.parse(JSON.stringify(parsed, undefined, 2)) as Json)).toBe(
        canonical,
      )
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})

/** The same value with its members in the opposite order. */
function reversed(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => reversed(item))
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member as Json)]),
  )
}
