import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { JobFilter } from '../../../src/contributor/job-filter.ts'

const digest = (name: string): Buffer => hash('sha256', name, 'buffer').subarray(0, 16)

test('it never forgets a job, and mistakes one in a thousand or fewer when it is full', () => {
  const filter = JobFilter.empty(2 ** 17)
  let count = 0
  while (!filter.isFull) {
    filter.add(digest(`known ${count}`))
    count += 1
  }
  expect(count).toBe(2 ** 13)
  let forgotten = 0
  for (let index = 0; index < count; index += 1) {
    if (!filter.has(digest(`known ${index}`))) forgotten += 1
  }
  expect(forgotten).toBe(0)
  let mistaken = 0
  const strangers = 100_000
  for (let index = 0; index < strangers; index += 1) {
    if (filter.has(digest(`stranger ${index}`))) mistaken += 1
  }
  // The formula in the file says 57 of them.
  expect(mistaken).toBeGreaterThan(20)
  expect(mistaken).toBeLessThan(100)
})

test('its bytes are the same filter, and others are none', () => {
  const filter = JobFilter.empty(2 ** 10)
  filter.add(digest('a'))
  const again = JobFilter.of(Buffer.from(filter.bytes))
  expect(again?.count).toBe(1)
  expect(again?.has(digest('a'))).toBe(true)
  expect(again?.has(digest('b'))).toBe(false)
  expect(JobFilter.of(Buffer.alloc(0))).toBeUndefined()
  expect(JobFilter.of(Buffer.alloc(4096))).toBeUndefined()
  expect(JobFilter.of(filter.bytes.subarray(0, -1))).toBeUndefined()
})
