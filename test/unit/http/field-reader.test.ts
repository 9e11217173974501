import { describe, expect, test } from 'vitest'
import type { RequestRefusal } from '../../../src/domain/refusal.ts'
import { FieldReader, type Fields, type Verdict } from '../../../src/http/field-reader.ts'

/** What `read` makes of these members, and what it found wrong. */
function reading<T>(fields: Fields, read: (reader: FieldReader) => T, at?: string) {
  const verdict: Verdict = { refusal: undefined }
  const value = read(new FieldReader(fields, verdict, at))
  return { value, refusal: verdict.refusal }
}

const range = { min: 1, max: 5 }
const kinds: readonly (readonly [
  name: string,
  read: (reader: FieldReader, name: string) => unknown,
  good: unknown,
  wrong: readonly (readonly [unknown, RequestRefusal['reason']])[],
])[] = [
  ['text', (reader, name) => reader.text(name), '', [[7, 'invalid_type']]],
  ['flag', (reader, name) => reader.flag(name), false, [['true', 'invalid_type']]],
  [
    'wholeNumber',
    (reader, name) => reader.wholeNumber(name, range),
    5,
    [
      ['5', 'invalid_type'],
      [0, 'invalid_value'],
      [6, 'invalid_value'],
      [1.5, 'invalid_value'],
    ],
  ],
  [
    'oneOf',
    (reader, name) => reader.oneOf(name, ['a', 'b']),
    'b',
    [
      ['c', 'invalid_value'],
      [['a'], 'invalid_type'],
    ],
  ],
  [
    'fields',
    (reader, name) => reader.fields(name),
    { a: 1 },
    [
      [[], 'invalid_type'],
      ['{}', 'invalid_type'],
    ],
  ],
  ['list', (reader, name) => reader.list(name), [1], [[{}, 'invalid_type']]],
]

describe.each(kinds)('%s', (_name, read, good, wrong) => {
  test('is read, and is undefined where it is absent or null', () => {
    expect(reading({ x: good }, (r) => read(r, 'x'))).toEqual({ value: good, refusal: undefined })
    for (const fields of [{}, { x: null }, { x: undefined }]) {
      expect(reading(fields, (r) => read(r, 'x'))).toEqual({ value: undefined, refusal: undefined })
    }
  })

  test.each(wrong)('%j is %s', (value, reason) => {
    const read_ = reading({ x: value }, (r) => read(r, 'x'), 'here[0]')
    expect(read_.value).toBeUndefined()
    expect(read_.refusal).toMatchObject({ reason, param: 'here[0].x' })
  })
})

test('a required text', () => {
  expect(reading({ x: 'a' }, (r) => r.requiredText('x'))).toEqual({ value: 'a' })
  const missing = { reason: 'missing_required_parameter', param: 'x' }
  expect(reading({}, (r) => r.requiredText('x')).refusal).toEqual(missing)
  expect(reading({ x: 1 }, (r) => r.requiredText('x')).refusal?.reason).toBe('invalid_type')
})

describe('objects within', () => {
  test('say where they stand, and share the verdict: the first thing that is wrong is told', () => {
    const fields = { a: { b: 1 }, list: [{ c: 'x' }, { c: 2 }] }
    const { refusal } = reading(fields, (r) => {
      for (const item of r.objects('list') ?? []) item.text('c')
      r.object('a')?.text('b')
    })
    expect(refusal).toMatchObject({ param: 'list[1].c' })
  })

  test('an array with anything else in it has none', () => {
    const { value, refusal } = reading({ list: [{}, [], 1] }, (r) => r.objects('list'))
    expect(value).toBeUndefined()
    expect(refusal).toEqual({ reason: 'invalid_type', param: 'list[1]', expected: 'an object' })
  })
})

test('members that nobody read are refused by name', () => {
  const fields = { known: 1, none: null, other: 0 }
  const { refusal } = reading(fields, (r) => {
    r.raw('known')
    r.refuseOthers('why')
  })
  expect(refusal).toEqual({ reason: 'unsupported_parameter', param: 'other', detail: 'why' })
})

test('names of the caller come back short and without control characters', () => {
  expect(reading({}, (r) => r.param(`\n${'x'.repeat(500)}`)).value).toBe(`?${'x'.repeat(127)}`)
})
