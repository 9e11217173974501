import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { defaultTolerated, readPolicy } from '../../../src/client/verification-policy.ts'
import { policy } from '../../support/hostile-gateway.ts'
import { gatewayOperator } from '../../support/signed-receipt.ts'

const root = resolve(import.meta.dirname, '../../..')

test('docs/verify.md has a row for each member of the policy, and no other', () => {
  const source = readFileSync(join(root, 'src/client/verification-policy.ts'), 'utf8')
  const [, type = ''] = /export type VerificationPolicy = \{(.*?)\n\}/s.exec(source) ?? []
  const members = [...type.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name)
  const page = readFileSync(join(root, 'docs/verify.md'), 'utf8')
  const [, table = ''] = /### The policy\n(.*?)\n### /s.exec(page) ?? []
  const told = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  expect(members.length).toBeGreaterThan(10)
  expect(told).toEqual(members)
  for (const check of defaultTolerated) expect(table).toContain(`\`${check}\``)
})

test('what is not said is asked for all the same', () => {
  const terms = readPolicy({ gateway: policy.gateway, rpcUrl: 'http://127.0.0.1:1' })
  expect(terms).toMatchObject({ tiers: 3, prices: 'as-told', continuity: 'shared' })
  expect(terms.anchors).toMatchObject({ receiptVerifier: undefined, gatewayKeys: [] })
})

test('keys are known for the gateway that they were given for', () => {
  const { anchors } = readPolicy(policy)
  expect(anchors.gatewayKeys.map(({ operator }) => operator)).toEqual([gatewayOperator])
})

test('every fault of a policy is told at once', () => {
  const bad = { gateway: '0x', tiers: -1, prices: [{}], continuity: 'none' }
  expect(() => readPolicy(bad as never)).toThrow(/gateway:.*tiers:.*prices\[0\].*continuity:/s)
})
