import { describe, expect, test } from 'vitest'
import { conclude, fails, holds, joinLines, unknown } from '../../../src/client/check-line.ts'

const key = holds('gateway-key', 'known')

describe('the verdict', () => {
  test('holds where everything decisive does, whatever else was not checked', () => {
    expect(conclude([key, unknown('content', ''), unknown('rewriting', '')])).toBe('holds')
  })

  test('one failure decides', () => {
    expect(conclude([key, unknown('gateway-key', ''), fails('content', '')])).toBe('fails')
  })

  test.each([
    'gateway-signature',
    'contributor-signature',
    'gateway-key',
    'contributor-key',
    'policy-tiers',
    'chain',
    'verify-call',
  ] as const)('without %s it is unproven', (check) => {
    expect(conclude([holds('shape', ''), unknown(check, '')])).toBe('unproven')
  })

  test('nothing checked is nothing proven', () => {
    expect(conclude([])).toBe('unproven')
  })
})

describe('offline and on chain', () => {
  const offline = [holds('shape', 'offline'), unknown('gateway-key', 'offline')]

  test('an answer takes the place of what was unknown, in its place', () => {
    const joined = joinLines(offline, [holds('chain', ''), holds('gateway-key', 'chain')])
    expect(joined.map(({ check, detail }) => [check, detail])).toEqual([
      ['shape', 'offline'],
      ['gateway-key', 'chain'],
      ['chain', ''],
    ])
  })

  test.each([
    ['holds', 'fails', 'fails'],
    ['fails', 'holds', 'fails'],
    ['fails', 'unknown', 'fails'],
    ['holds', 'unknown', 'holds'],
    ['unknown', 'unknown', 'unknown'],
  ] as const)('%s offline and %s on chain: %s', (before, after, joined) => {
    const line = (verdict: typeof before | typeof after) =>
      ({ check: 'gateway-key', verdict, detail: '' }) as const
    expect(joinLines([line(before)], [line(after)]).map(({ verdict }) => verdict)).toEqual([joined])
  })
})
