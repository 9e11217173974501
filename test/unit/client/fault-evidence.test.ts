import { describe, expect, test } from 'vitest'
import {
  faultEvidenceBytesMax,
  formatFaultEvidence,
  parseFaultEvidence,
} from '../../../src/client/fault-evidence.ts'
import { evidenceOfEachKind } from '../../support/fault-evidence.ts'

const all = evidenceOfEachKind()
const parse = (text: string) => parseFaultEvidence(Buffer.from(text))
const faultsOf = (value: unknown) => {
  const parsed = parse(typeof value === 'string' ? value : JSON.stringify(value))
  return parsed.ok ? [] : parsed.error.map(({ path, expected }) => `${path}: ${expected}`)
}
const jsonOf = (kind: string): Record<string, unknown> => {
  const evidence = all.find((one) => one.kind === kind)
  if (evidence === undefined) throw new Error(`no evidence of ${kind}`)
  return JSON.parse(formatFaultEvidence(evidence)) as Record<string, unknown>
}

test('there is evidence of every kind', () => {
  expect(all.map(({ kind }) => kind)).toEqual(['S1', 'S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7'])
})

test.each(all)('$kind reads as it was written, from one line', (evidence) => {
  const line = formatFaultEvidence(evidence)
  expect(line).not.toContain('\n')
  expect(parse(line)).toEqual({ ok: true, value: evidence })
})

describe('what is refused', () => {
  test('a kind that there is none of, and no object at all', () => {
    const expected = ['kind: an object of kind "S1" to "S7"']
    expect(faultsOf({ ...jsonOf('S6'), kind: 'S8' })).toEqual(expected)
    expect(faultsOf({ ...jsonOf('S6'), kind: 'toString' })).toEqual(expected)
    expect(faultsOf([])).toEqual(expected)
    expect(faultsOf('null')).toEqual(expected)
  })

  test.each(all)('$kind without any one of its members, or with one more', (evidence) => {
    const json = JSON.parse(formatFaultEvidence(evidence)) as Record<string, unknown>
    for (const name of Object.keys(json)) {
      const { [name]: _, ...rest } = json
      expect(faultsOf(rest), name).not.toEqual([])
    }
    expect(faultsOf({ ...json, note: 'more' })).toEqual(['note: no such field'])
  })

  test('one receipt, or three, where two must contradict each other', () => {
    const json = jsonOf('S2')
    const [first] = json['receipts'] as readonly unknown[]
    expect(faultsOf({ ...json, receipts: [first] })).toEqual(['receipts: two'])
    expect(faultsOf({ ...json, receipts: [first, first, first] })).toEqual(['receipts: two'])
  })

  test('a key that stands twice', () => {
    const text = formatFaultEvidence(all[0] as (typeof all)[number])
    expect(faultsOf(`${text.slice(0, -1)},"kind":"S1"}`)).toEqual(['kind: the field once'])
  })

  test('no JSON, no UTF-8, too many bytes', () => {
    expect(faultsOf('{')).toEqual([': JSON in UTF-8'])
    expect(parseFaultEvidence(Buffer.from([0x22, 0xff, 0x22])).ok).toBe(false)
    expect(faultsOf(' '.repeat(faultEvidenceBytesMax + 1))).toEqual([
      `: at most ${faultEvidenceBytesMax} bytes`,
    ])
  })
})
