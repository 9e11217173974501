import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { textOfMember, withMembers, withoutMembers } from '../../../src/base/json-members.ts'

const names = new Set(['routing', 'attestation'])
const without = (json: string): string => withoutMembers(Buffer.from(json), names).toString()

describe('withoutMembers', () => {
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
})

describe('withMembers', () => {
  const members = new Map([
    ['max_tokens', '9'],
    ['made_up', '{"a":1}'],
  ])
  const added = '"max_tokens":9,"made_up":{"a":1}'
  const withThem = (json: string): string => withMembers(Buffer.from(json), members).toString()

  test.each([
    ['{}', `{${added}}`],
    [` { \n${' '.repeat(200)}} `, ` { \n${' '.repeat(200)}${added}} `],
    ['{"a":"{"}', `{"a":"{",${added}}`],
    ['{"a":{}}\n', `{"a":{},${added}}\n`],
    [
      '{ "seed" : 12345678901234567890, "b":1e400 }',
      `{ "seed" : 12345678901234567890, "b":1e400 ,${added}}`,
    ],
    ['{"max_tokens":null,"a":1}', `{"a":1,${added}}`],
    ['{"a":"max_tokens"}', `{"a":"max_tokens",${added}}`],
    ['{"a":1,"max\\u005ftokens":5,"made_up":[]}', `{"a":1,${added}}`],
    ['{"x":{"max_tokens":1},"y":"\\u0022"}', `{"x":{"max_tokens":1},"y":"\\u0022",${added}}`],
  ])('%s', (json, expected) => {
    expect(withThem(json)).toBe(expected)
  })

  test('whatever an object has, it has these in the end, and all else as before', () => {
    let replaced = 0
    const member = fc.tuple(
      fc.oneof(fc.string(), fc.constantFrom('max_tokens', 'made_up')),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(fc.array(member), fc.constantFrom(0, 1, 2), (given, indent) => {
        const object = Object.fromEntries(given)
        const json = JSON.stringify(object, null, indent)
        const expected = { ...JSON.parse(json), max_tokens: 9, made_up: { a: 1 } }
        expect(JSON.parse(withThem(json))).toEqual(expected)
        replaced += members
          .keys()
          .filter((name) => Object.hasOwn(object, name))
          .toArray().length
      }),
    )
    expect(replaced).toBeGreaterThan(0)
  })
})

describe('textOfMember', () => {
  test.each([
    ['{"a":1,"options": {"b" : 1e400} ,"c":2}', '{"b" : 1e400}'],
    ['{"options":null}', 'null'],
    ['{"opti\\u006fns":"x"}', '"x"'],
    ['{"a":{"options":1},"b":"options"}', undefined],
    ['{}', undefined],
  ])('%s', (json, expected) => {
    expect(textOfMember(Buffer.from(json), 'options')).toBe(expected)
  })
})
