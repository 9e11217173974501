import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('every case of docs/receipt-attacks.md has its test, under the words that it names', () => {
  const cases = readFileSync('docs/receipt-attacks.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| case'))
    .map((line) => /`(test\/[^`]+)`: (.+) \|$/.exec(line) ?? [line])
  expect(cases.length).toBeGreaterThanOrEqual(20)
  const missing = cases.filter(
    ([, file, words]) =>
      file === undefined || words === undefined || !readFileSync(file, 'utf8').includes(words),
  )
  expect(missing.map(([row]) => row)).toEqual([])
})
