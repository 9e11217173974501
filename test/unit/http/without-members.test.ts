import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withoutMembers } from '../../../src/http/without-members.ts'

const names = new Set(['routing', 'attestation'])
const without = (json: string): string => withoutMembers(Buffer.from(json), names).toString()

test.each([
  ['{"a":1,"routing":{"only":["x"]},"b":2}', '{"a":1,"b":2}'],
  ['{"routing":1,"a":1}', '{"a":1}'],
  ['{"a":1,"routing":[1,{"a":2}]}', '{"a":1}'],
  ['{"routing":"}","attestation":"{,\\""}', '{}'],
  [' {}\n', '{}'],
  ['{"\\u0072outing":1,"a":"\\u0072"}', '{"a":"\\u0072"}'],
  ['{"a":{"routing":1},"b":["routing"]}', '{"a":{"routing":1},"b":["routing"]}'],
  ['\n{ "seed" : 12345678901234567890 ,\n "routing" : 1 }', '{ "seed" : 12345678901234567890 }'],
  ['{ "routing": 1, "a": 1,\n "b": 2 }', '{ "a": 1,\n "b": 2 }'],
  ['{"x\\\\":"\\\\","routing":1}', '{"x\\\\":"\\\\"}'],
])('%s', (json, expected) => {
  expect(without(json)).toBe(expected)
})

test('whatever an object has, all but these members is kept', () => {
  let removed = 0
  const member = fc.tuple(
    fc.oneof(fc.string(), fc.constantFrom('routing', 'attestation')),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(fc.array(member), fc.constantFrom(0, 1, 2), (members, indent) => {
      const object = Object.fromEntries(members)
      const expected = Object.entries(object).filter(([name]) => !names.has(name))
      removed += Object.keys(object).length - expected.length
      const left = JSON.parse(without(JSON.stringify(object, null, indent))) as object
      // Numbers go by their text, as they do in JSON: it has no -0.
      expect(JSON.stringify(left)).toBe(JSON.stringify(Object.fromEntries(expected)))
    }),
  )
  expect(removed).toBeGreaterThan(0)
})
