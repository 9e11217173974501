import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findRepeatedKey } from '../../../src/client/find-repeated-key.ts'

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":{"b":1,"c":[1,{"d":2,"d":3}]}}', 'a.c.d'],
  ['{"a":{"b":1},"c":{"b":1},"a":0}', 'a'],
  ['{"a":{"b":{}, "c":1, "b" : 2}}', 'a.b'],
  ['[{"a":1},{"a":1,"a":1}]', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"":1,"":2}', ''],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('%s repeats %j', (json, path) => {
  expect(findRepeatedKey(json)).toBe(path)
})

test.each([
  '{"a":"a","b":"a:","c":["a","a"]}',
  '{"a":{"a":{"a":1}}}',
  '[{"a":1},{"a":1}]',
  '{"a\\"":1,"a":"\\"a\\":1"}',
  '{"a\\\\":1,"a":2}',
  '5',
])('%s repeats nothing', (json) => {
  expect(findRepeatedKey(json)).toBeUndefined()
})

test('long strings take no more than their length', () => {
  // A pattern that backtracks would never come back from this one.
  expect(findRepeatedKey(`{"a":"${'f'.repeat(60_000)}","b":1}`)).toBeUndefined()
})

test('what a serialiser wrote repeats nothing; with one member written again it does', () => {
  let repeated = 0
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.dictionary(fc.string(), fc.nat(), { minKeys: 1 }),
      (value, keys) => {
        const json = JSON.stringify({ value, keys })
        expect(findRepeatedKey(json)).toBeUndefined()
        const [name = ''] = Object.keys(keys)
        const again = json.replace('"keys":{', () => `"keys":{${JSON.stringify(name)}:0,`)
        expect(findRepeatedKey(again)).toBe(`keys.${name}`)
        repeated += 1
      },
    ),
  )
  expect(repeated).toBeGreaterThan(0)
})
