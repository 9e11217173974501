import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runZk, zkCommand } from '../../../src/cli/zk-command.ts'
import { parseZkOptions } from '../../../src/cli/zk-options.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-zk-command-'))
  writeFileSync(join(folder, 'tiny.circom'), 'component main = Tiny();\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const printed: string[] = []
const silent = { print: (line: string) => printed.push(line), printError: () => undefined }
const run = (...argv: readonly string[]) => runZk(argv, silent)

describe('vouch zk', () => {
  test('wants an action that it has', async () => {
    await expect(run()).rejects.toMatchObject({ exitCode: 2 })
    await expect(run('toString')).rejects.toMatchObject({ exitCode: 2 })
  })

  test.each([
    ['build'],
    ['build', 'a', 'b'],
    ['setup', 'a'],
    ['contribute', 'a', 'b'],
    ['beacon', 'a', 'b'],
    ['verify', 'a'],
    ['build', 'nowhere.circom'],
  ])('calls %j unusable', async (...argv) => {
    await expect(run(...argv)).rejects.toMatchObject({ exitCode: 2 })
  })

  test.each([
    [['--sha256', 'abc']],
    [['--beacon', '0102']],
    [['--beacon', 'not hex at all..']],
    [['--iterations', '9']],
    [['--iterations', '64']],
  ])('calls %j unusable', (argv) => {
    expect(() => parseZkOptions(['build', ...argv])).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    )
  })

  test('takes hashes as tools print them', () => {
    const digits = 'ab'.repeat(32)
    for (const text of [digits, `0x${digits}`, digits.toUpperCase()]) {
      expect(parseZkOptions(['setup', '--sha256', text]).ptauSha256).toBe(`0x${digits}`)
    }
  })

  test('takes its keys from a ceremony only where one is named', () => {
    expect(parseZkOptions(['build', 'x']).place.ceremony).toBeUndefined()
    expect(parseZkOptions(['build', 'x', '--crs', '/crs']).place.ceremony).toEqual({
      crsFolder: '/crs',
    })
  })

  test('names the command that installs the provers', async () => {
    const home = join(folder, 'home')
    const where = ['--provers', folder, '--home', home]
    await expect(run('build', join(folder, 'tiny.circom'), ...where)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('npm run zk:install'),
    })
  })

  test('tells all of its options', () => {
    const told = zkCommand.help
    for (const option of ['ptau', 'sha256', 'name', 'beacon', 'iterations', 'crs', 'srs', 'home']) {
      expect(told).toContain(`--${option} `)
    }
  })
})
