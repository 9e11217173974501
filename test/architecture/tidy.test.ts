import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '')
const sources = tracked.filter((path) => /^(src|test|bench|scripts)\/.*\.ts$/.test(path))
const ours = sources.filter((path) => !path.includes('/generated/'))
const linesOf = (path: string): string[] => readFileSync(join(root, path), 'utf8').split('\n')

test('source files stay short', () => {
  expect(ours.length).toBeGreaterThan(50)
  const long = ours.filter((path) => path.startsWith('src/') && linesOf(path).length > 301)
  expect(long).toEqual([])
  expect(ours.filter((path) => linesOf(path).length > 501)).toEqual([])
})

test('no name says nothing', () => {
  const empty = /(^|-)(utils?|helpers?|common|misc|manager|service|handle[rs]?)(-|\.|$)/
  expect(ours.filter((path) => path.split('/').some((part) => empty.test(part)))).toEqual([])
})

test('nothing is left open and nothing is skipped', () => {
  const marks = new RegExp(`\\b(${['TO', 'DO'].join('')}|FIX${'ME'}|X${'XX'}|HA${'CK'})\\b`)
  const skips = new RegExp(`\\b(it|test|describe)\\.(${['skip', 'only', 'todo'].join('|')})\\b`)
  const found = tracked
    .filter((path) => /\.(ts|sol|circom|nr|py)$/.test(path))
    .flatMap((path) =>
      linesOf(path).flatMap((line, index) =>
        marks.test(line) || (skips.test(line) && basename(path) !== 'tidy.test.ts')
          ? [`${path}:${index + 1}`]
          : [],
      ),
    )
  expect(found).toEqual([])
})

test('no committed file names a machine path or a registry host', () => {
  const hosts = ['registry.npm' + 'js', 'pypi.o' + 'rg', 'crates.i' + 'o', 'deb.debi' + 'an']
  const machine = new RegExp(`(^|[^A-Za-z0-9_.])/(${['wo' + 'rk', 'ro' + 'ot'].join('|')})/`)
  const found = tracked
    .filter((path) =>
      /\.(ts|mjs|json|md|ya?ml|sol|py|toml|txt)$|(^|\/)(Dockerfile|run)$/.test(path),
    )
    .filter((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return machine.test(text) || hosts.some((host) => text.includes(host))
    })
  expect(found).toEqual([])
})
