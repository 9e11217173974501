/*
 * docs/api-billing.md and the route table, held to each other.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  billingQueryAheadSMax,
  keyNonceAheadMsMax,
  receiptsPerPageMax,
  refusalsAtOnceMax,
} from '../../../../src/base/limits.ts'

const page = readFileSync('docs/api-billing.md', 'utf8')
const code = (path: string) => readFileSync(`src/${path}`, 'utf8').replace(/' \+\s+'/g, '')

test('every billing route has its heading, and there is no other', () => {
  const routes = [...code('http/app.ts').matchAll(/app\.(get|post)\(\s*'(\/v1\/billing[^']*)'/g)]
  const inCode = routes.map(
    ([, method, path]) => `${method?.toUpperCase()} ${path?.replace(':id', '{id}')}`,
  )
  const inPage = [...page.matchAll(/^### (\w+ \/v1\/billing\S*)$/gm)].map(([, route]) => route)
  expect(inCode.length).toBeGreaterThan(8)
  expect([...inPage].sort()).toEqual([...inCode].sort())
})

test('the types of what an owner signs are those that are hashed', () => {
  const inCode = [...code('chain/billing-typed-data.ts').matchAll(/typeHash\(\s*'([^']+)'/g)]
  expect(inCode.length).toBe(4)
  for (const [, type] of inCode) expect(page).toContain(`\n${type}\n`)
})

test('every member of what is answered is named', () => {
  const members = [...code('http/billing/billing-objects.ts').matchAll(/^ {2,4}(\w+):/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name.includes('_') || ['balance', 'cap', 'state', 'revoked'].includes(name))
  expect(members.length).toBeGreaterThan(15)
  expect(members.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('every objection of the wallet is listed', () => {
  const names = [...code('client/wallet.ts').matchAll(/(?:return \[\s*|check: )'([a-z-]+)'/g)]
  expect(names.length).toBeGreaterThan(10)
  for (const [, name] of names) expect(page).toContain(`\`${name}\``)
})

test('the figures are those of the code', () => {
  expect(billingQueryAheadSMax).toBe(300)
  expect(keyNonceAheadMsMax).toBe(86_400_000)
  expect(page).toContain(`(${receiptsPerPageMax})`)
  expect(page).toContain(`at most ${refusalsAtOnceMax} requests`)
})
