import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  askedAtHeader,
  type CoordinatorPlace,
  jobTermsHeader,
  readAskedAt,
  writeAskedAt,
} from '../../../src/domain/contract-job-headers.ts'
import { anyAddress } from '../../support/arbitraries.ts'

const anyPlace: fc.Arbitrary<CoordinatorPlace> = fc.record({
  chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  coordinator: anyAddress,
})
const coordinator = `0x${'ab'.repeat(20)}`

test('every coordinator is read as it was written', () => {
  let read = 0
  fc.assert(
    fc.property(anyPlace, (place) => {
      expect(readAskedAt(writeAskedAt(place))).toEqual(place)
      read += 1
    }),
  )
  expect(read).toBeGreaterThan(0)
})

test('an account is lowered where it enters', () => {
  expect(readAskedAt(`eip155:31337:0x${'AB'.repeat(20)}`)).toEqual({ chainId: 31_337, coordinator })
})

test.each([
  '',
  coordinator,
  `31337:${coordinator}`,
  `eip155:0:${coordinator}`,
  `eip155:01:${coordinator}`,
  `eip155:-1:${coordinator}`,
  `eip155:9007199254740993:${coordinator}`,
  `eip155:1:${coordinator}0`,
  `eip155:1:0x${'zz'.repeat(20)}`,
  ` eip155:1:${coordinator}`,
  `eip155:1:${coordinator}\n`,
])("'%s' names no coordinator", (text) => {
  expect(readAskedAt(text)).toBeUndefined()
})

test('the headers are in lower case, as node:http gives them', () => {
  expect([askedAtHeader, jobTermsHeader]).toEqual(['x-vouch-asked-at', 'x-vouch-terms'])
})
