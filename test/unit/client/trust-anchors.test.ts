import { describe, expect, test } from 'vitest'
import { canonicalSettlementAddress } from '../../../src/chain/channel-settlement.ts'
import { formatTrustFile, parseTrustFile } from '../../../src/client/trust-anchors.ts'
import { anchors, contributorOperator, gatewayOperator } from '../../support/signed-receipt.ts'

const text = formatTrustFile(anchors)
const file = JSON.parse(text) as Record<string, unknown>
const faultsOf = (value: unknown) => {
  const parsed = parseTrustFile(typeof value === 'string' ? value : JSON.stringify(value))
  return parsed.ok ? [] : parsed.error.map(({ path, expected }) => `${path}: ${expected}`)
}

test('what is written is what is read', () => {
  expect(parseTrustFile(text)).toEqual({ ok: true, value: anchors })
  expect(anchors.channelSettlement).toBe(canonicalSettlementAddress)
})

test('checksummed addresses are the same accounts, and an operator may have several keys', () => {
  const [key] = anchors.gatewayKeys
  const other = contributorOperator
  const gateways = {
    [`0x${gatewayOperator.slice(2).toUpperCase()}`]: [
      key?.key.replace(/[a-f]/g, (c) => c.toUpperCase()),
      other,
    ],
  }
  const parsed = parseTrustFile(JSON.stringify({ ...file, gateways }))
  expect(parsed.ok && parsed.value.gatewayKeys).toEqual([
    key,
    { operator: gatewayOperator, key: other },
  ])
})

describe('a half-filled or mistyped file trusts nobody', () => {
  test.each(Object.keys(file))('without %s', (name) => {
    const { [name]: _, ...rest } = file
    expect(faultsOf(rest)).toHaveLength(1)
  })

  test.each([
    ['chainId', '1'],
    ['chainId', 0],
    ['receiptVerifier', '0x12'],
    ['gateways', []],
    ['gateways', { '0x12': [] }],
    ['gateways', { [gatewayOperator]: gatewayOperator }],
    ['contributors', { [contributorOperator]: ['0x12'] }],
    ['contributors', null],
  ])('%s of %j', (name, value) => {
    expect(faultsOf({ ...file, [name]: value })[0]).toMatch(new RegExp(`^${name}: `))
  })

  test('an unknown field, one that stands twice, no JSON', () => {
    expect(faultsOf({ ...file, gateway: {} })).toEqual(['gateway: no such field'])
    expect(faultsOf(text.replace('"chainId"', '"chainId":1,"chainId"'))).toEqual([
      'chainId: the field once',
    ])
    expect(faultsOf('trust me')).toEqual([': JSON'])
  })
})
