import { expect, test } from 'vitest'
import { describeStatus } from '../../../src/client/describe-status.ts'
import { workStatus } from '../../../src/domain/receipt.ts'

test('every status has its sentence', () => {
  expect(new Set(Object.values(workStatus).map(describeStatus)).size).toBe(4)
})
