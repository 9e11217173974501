import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClaimAuthorizerAddress } from '../../src/chain/open-claims.ts'
import { parsePrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { readConfigText } from '../../src/config.ts'
import { ConfigFault } from '../../src/config-source.ts'

const account = (digit: string) => `0x${digit.repeat(40)}`
const base = `chain:
  rpcUrl: http://127.0.0.1:8545
  chainId: 31337
  receiptVerifier: '${account('1')}'
  gatewayRegistry: '${account('2')}'
  contributorRegistry: '${account('3')}'
  asset: '${account('4')}'
gateway:
  operator: '${account('5')}'
  signingKeyFile: signing.key
  receiver: '${account('6')}'
  claimKeyFile: signing.key
upstreams:
  - id: plain
    url: http://127.0.0.1:8000/v1/
    models:
      - id: m
        contextTokensMax: 8192
        price:
          promptPerMtok: '0.05'
          completionPerMtok: 0.1
`
const keyText = `0x${'1'.repeat(64)}`
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-config-'))
  writeFileSync(join(folder, 'signing.key'), keyText)
})
afterAll(() => rmSync(folder, { recursive: true }))

const payouts = (...lines: readonly string[]) => {
  const section = ['payouts:', ...lines.map((line) => `  ${line}`), ''].join('\n')
  return readConfigText({ file: 'vouch.yaml', text: base + section, folder }).config.payouts
}

function faultOf(...lines: readonly string[]): string {
  try {
    payouts(...lines)
  } catch (error) {
    if (error instanceof ConfigFault) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

test('nobody is paid by channel unless it is said', () => {
  expect(readConfigText({ file: 'vouch.yaml', text: base, folder }).config.payouts).toBeUndefined()
})

test('two keys are enough, and the treasury is the account of its key', () => {
  const key = parsePrivateKey(keyText)
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
  expect(faultOf(...lines)).toContain(expected)
})
