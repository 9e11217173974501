import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = 'test/faults'
const titlesIn = (text: string): string[] =>
  [...text.matchAll(/^test(?:\.concurrent)?\(\s*'(.+)',/gm)].map(([, title]) => title ?? '')

/** The last cell of a row: a test of the folder, or `[name](path): title` of another. */
const rows = readFileSync('docs/faults.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.endsWith('| test |'))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    const [, path, title] = /^\[[\w-]+\]\(\.\.\/(.+\.ts)\): (.+)$/.exec(cells.at(-2) ?? '') ?? []
    return { cells, path, title: title ?? cells.at(-2) ?? '' }
  })

test('every row of docs/faults.md has its test, and every test of a fault its row', () => {
  for (const { cells } of rows) expect(cells, cells[1]).toHaveLength(6)
  const documented = rows.filter(({ path }) => path === undefined).map(({ title }) => title)
  const tested = readdirSync(folder).flatMap((name) =>
    titlesIn(readFileSync(join(folder, name), 'utf8')),
  )
  expect(tested.length).toBeGreaterThanOrEqual(90)
  expect([...documented].sort()).toEqual([...tested].sort())
})

test('tests that docs/faults.md names elsewhere are there', () => {
  const elsewhere = rows.filter(({ path }) => path !== undefined)
  expect(elsewhere.length).toBeGreaterThanOrEqual(20)
  for (const { path = '', title } of elsewhere) {
    const text = readFileSync(path, 'utf8')
    const quoted = [`'${title}'`, `"${title}"`, `\`${title}\``]
    expect(
      quoted.some((form) => text.includes(form)),
      `${path}: ${title}`,
    ).toBe(true)
  }
})
