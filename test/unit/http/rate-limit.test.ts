import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  refusalReturnsEveryMs,
  refusalsAtOnceMax,
  refusedAddressesMax,
} from '../../../src/base/limits.ts'
import { networkOf } from '../../../src/base/network-of.ts'
import { refusals } from '../../../src/http/entrance.ts'
import { RateLimit } from '../../../src/http/rate-limit.ts'

describe('a limit', () => {
  test('lets so many through at once, then one more each interval', () => {
    const limit = new RateLimit(refusals)
    for (let count = 0; count < refusalsAtOnceMax; count += 1) {
      expect(limit.waitMs('a', 1000)).toBe(0)
      limit.count('a', 1000)
    }
    expect(limit.waitMs('a', 1000)).toBe(refusalReturnsEveryMs)
    expect(limit.waitMs('a', 1000 + refusalReturnsEveryMs - 1)).toBe(1)
    expect(limit.waitMs('a', 1000 + refusalReturnsEveryMs)).toBe(0)
    expect(limit.waitMs('b', 1000), 'others are not held up').toBe(0)
  })

  test('does not punish asking on: the wait does not grow', () => {
    const limit = new RateLimit(refusals)
    for (let count = 0; count < 10 * refusalsAtOnceMax; count += 1) limit.count('a', 0)
    expect(limit.waitMs('a', 0)).toBe(refusalReturnsEveryMs)
  })

  test('forgets who was quiet longest, never more than it may remember', () => {
    const limit = new RateLimit(refusals)
    const exhaust = (name: string) => {
      for (let count = 0; count < refusalsAtOnceMax; count += 1) limit.count(name, 0)
    }
    exhaust('first')
    exhaust('second')
    for (let index = 0; index < refusedAddressesMax - 1; index += 1) limit.count(`x${index}`, 0)
    expect(limit.size).toBe(refusedAddressesMax)
    expect(limit.waitMs('first', 0), 'forgotten').toBe(0)
    expect(limit.waitMs('second', 0), 'remembered').toBeGreaterThan(0)
  })

  test('over any time lets no more through than the burst and one for each interval', () => {
    let counted = 0
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 400 }), (pauses) => {
        const limit = new RateLimit(refusals)
        let nowMs = 0
        let passed = 0
        for (const pause of pauses) {
          nowMs += pause
          if (limit.waitMs('a', nowMs) === 0) {
            passed += 1
            limit.count('a', nowMs)
          }
        }
        counted += passed
        expect(passed).toBeLessThanOrEqual(
          refusalsAtOnceMax + Math.floor(nowMs / refusalReturnsEveryMs),
        )
      }),
    )
    expect(counted).toBeGreaterThan(refusalsAtOnceMax)
  })
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  [undefined, ''],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
