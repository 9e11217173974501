/* What is committed in web/dist is what its sources give, and its example is the one of the specification. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { example } from '../../../web/page/example.ts'

const root = resolve(import.meta.dirname, '../../..')
const dist = join(root, 'web/dist')
const read = (name: string) => readFileSync(join(dist, name), 'utf8')

test('the same sources give the same bytes', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/build-web.ts'), '--check'],
    { cwd: root, encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(stdout).toContain('is what its sources give')
  expect(status).toBe(0)
})

test('SHA256SUMS names every file', () => {
  const lines = read('SHA256SUMS').trimEnd().split('\n')
  const names = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'SHA256SUMS')
    .map((entry) => join(entry.parentPath, entry.name).slice(dist.length + 1))
  expect(lines.map((line) => line.slice(66)).sort()).toEqual(names.sort())
  for (const line of lines) {
    const sum = createHash('sha256')
      .update(read(line.slice(66)))
      .digest('hex')
    expect(line.slice(0, 64)).toBe(sum)
  }
})

test('what runs in a browser asks for nothing of Node', () => {
  for (const name of ['verify.js', 'verified-fetch.js']) {
    expect(read(name)).not.toMatch(/\bBuffer\.|["'`]node:/)
    expect(read(name).length).toBeGreaterThan(100_000)
  }
})

test('the page’s example is that of docs/receipts.md', () => {
  const page = readFileSync(join(root, 'docs/receipts.md'), 'utf8')
  for (const name of ['request', 'response', 'content', 'receipt'] as const) {
    const [, block = ''] =
      new RegExp(`<!-- example: ${name} -->\n\`\`\`\\w*\n([\\s\\S]*?)\`\`\``).exec(page) ?? []
    expect(example[name]).toBe(name === 'response' ? block : block.trimEnd())
  }
  for (const key of [example.gatewayKey, example.contributorKey]) expect(page).toContain(key)
})
