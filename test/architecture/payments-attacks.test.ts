import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = 'test/attacks'
/** How each file ends; no attack. */
const closing = 'after all of it, '

test('every row of docs/payments-attacks.md has its test, and every attack its row', () => {
  const rows = readFileSync('docs/payments-attacks.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => line.split('|').map((cell) => cell.trim()))
  for (const row of rows) expect(row, row[1]).toHaveLength(5)
  const documented = rows.map(([, , , name]) => name ?? '')
  const tested = readdirSync(folder).flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^test\('(.+)', async/gm)].map(
      ([, title]) => title ?? '',
    ),
  )
  const attacks = tested.filter((title) => !title.startsWith(closing))
  expect(attacks.length).toBeGreaterThanOrEqual(23)
  expect(new Set(documented).size).toBe(documented.length)
  expect([...documented].sort()).toEqual([...attacks].sort())
})
