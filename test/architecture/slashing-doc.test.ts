/*
 * docs/slashing.md says what the contracts' own measurements say, and names every action of its two commands.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { caseActions, memberActions } from '../../src/cli/panel-steps.ts'
import { slashCommand } from '../../src/cli/slash-command.ts'

const document = readFileSync('docs/slashing.md', 'utf8')
const snapshots = JSON.parse(readFileSync('contracts/snapshots/ceilings.json', 'utf8')) as Record<
  string,
  string
>

/** Rows of the table of gas that a snapshot calls otherwise. */
const otherNames: Readonly<Record<string, string>> = {
  'S1, two Works': 'equivocation slash',
  'S1, two checkpoints': 'S1, checkpoints',
  payForfeit: 'payForfeit, first of both receivers',
  'verifyContent, 1 KB': 'verifyContent 1 KB',
}

test('its table of gas is what forge measured', () => {
  const rows = [...document.matchAll(/^\| ([^|]+?) \| ([\d,]+) \|$/gm)]
  expect(rows.length).toBeGreaterThan(20)
  const measured = rows.map(([, name = '']) => {
    const gas = Number(snapshots[otherNames[name] ?? name])
    return `${name}: ${gas.toLocaleString('en')}`
  })
  expect(rows.map(([, name, gas]) => `${name}: ${gas}`)).toEqual(measured)
})

test('every kind of fault has its row', () => {
  const kinds = [...document.matchAll(/^\| (S\d) \| [a-z]/gm)].map(([, kind]) => kind)
  expect(kinds).toEqual(['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7'])
})

test('its commands are those that there are', () => {
  const named = [...document.matchAll(/^vouch panel (\w+)/gm)].map(([, name]) => name)
  const known: readonly string[] = [...caseActions, ...memberActions, 'accuse', 'status']
  expect(named.filter((name = '') => !known.includes(name))).toEqual([])
  expect(named.length).toBeGreaterThan(7)
  for (const [, name = ''] of document.matchAll(/^vouch slash (\w+)/gm)) {
    expect(slashCommand.help).toContain(`vouch slash ${name}`)
  }
})
