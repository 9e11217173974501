import { afterAll, expect, test } from 'vitest'
import { openClaimAuthorizerAddress } from '../../src/chain/open-claims.ts'
import { parsePrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import {
  account,
  faultIn,
  goodYaml,
  makeConfigFolder,
  signingKey,
} from '../support/config-folder.ts'

const folder = makeConfigFolder()
afterAll(folder.remove)

const payouts = (...lines: readonly string[]) => {
  const section = ['payouts:', ...lines.map((line) => `  ${line}`), ''].join('\n')
  return folder.read(goodYaml + section).config.payouts
}

test('nobody is paid by channel unless it is said', () => {
  expect(folder.read(goodYaml).config.payouts).toBeUndefined()
})

test('two keys are enough, and the treasury is the account of its key', () => {
  const key = parsePrivateKey(signingKey)
  if (key === undefined) throw new Error('the test key is a key')
  expect(payouts('treasuryKeyFile: signing.key', 'voucherKeyFile: signing.key')).toEqual({
    feeBps: 1_000,
    treasury: addressOfPrivateKey(key),
    treasuryKey: key,
    voucherKey: key,
    receiverAuthorizer: openClaimAuthorizerAddress,
    withdrawDelayS: 604_800,
    escrowMin: 5_000_000n,
    escrowMax: 50_000_000n,
    whenUnclaimed: 1_000_000n,
    everyS: 86_400,
  })
})

test('a treasury without a key is one whose owner deposits', () => {
  expect(payouts(`treasury: '${account('9')}'`, 'voucherKeyFile: signing.key')).toMatchObject({
    treasury: account('9'),
    treasuryKey: undefined,
  })
})

test.each([
  ['no treasury', ['voucherKeyFile: signing.key'], 'payouts.treasury'],
  ['no voucher key', ['treasuryKeyFile: signing.key'], 'payouts.voucherKeyFile'],
  [
    'a fee above everything',
    ['feeBps: 10001', 'treasuryKeyFile: signing.key', 'voucherKeyFile: signing.key'],
    'payouts.feeBps: expected a whole number from 0 to 10000',
  ],
  [
    'a maximum below the minimum',
    [
      "escrowMin: '6'",
      "escrowMax: '5'",
      'treasuryKeyFile: signing.key',
      'voucherKeyFile: signing.key',
    ],
    'payouts.escrowMax: expected no less than escrowMin',
  ],
])('%s is told', (_name, lines, expected) => {
  expect(faultIn(() => payouts(...lines)).message).toContain(expected)
})
