import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isFormerCredit, keepFormerCredit } from '../../../src/cli/former-credit.ts'
import { address } from '../../../src/domain/units.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const operator = address(`0x${'6a'.repeat(20)}`)

test('whoever leaves a gateway twice keeps the vouchers of both times', () => {
  for (const vouchers of ['first', 'second', 'third']) {
    writeFileSync(join(folder.path, 'credit.json'), vouchers)
    keepFormerCredit(folder.path, operator)
  }
  const kept = readdirSync(folder.path).filter(isFormerCredit)
  const texts = kept.map((name) => readFileSync(join(folder.path, name), 'utf8'))
  expect(texts.toSorted()).toEqual(['first', 'second', 'third'])
})

test('who has no vouchers yet leaves nothing behind', () => {
  keepFormerCredit(folder.path, operator)
  expect(readdirSync(folder.path)).toEqual([])
})

test('the book in use is none of a former gateway', () => {
  expect(isFormerCredit('credit.json')).toBe(false)
  expect(isFormerCredit(`credit-${operator}.json.new`)).toBe(false)
})
