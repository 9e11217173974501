import { describe, expect, test } from 'vitest'
import { curveOrder } from '../../../src/chain/private-key.ts'
import type { CheckLine } from '../../../src/client/check-line.ts'
import {
  checkDomain,
  checkKnownKeys,
  checkSignatures,
} from '../../../src/client/check-signatures.ts'
import type { ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../../src/client/recover-signers.ts'
import { noTrustAnchors, type TrustAnchors } from '../../../src/client/trust-anchors.ts'
import { address, type Signature, signature, zeroAddress } from '../../../src/domain/units.ts'
import { anchors, contributorKey, gatewayKey, signReceipt } from '../../support/signed-receipt.ts'

const signed = signReceipt()
const summary = (lines: readonly CheckLine[]) =>
  lines.map(({ check, verdict }) => `${check} ${verdict}`)
const signatures = (parsed: ParsedReceipt) => checkSignatures(parsed, recoverSigners(parsed))
const keys = (parsed: ParsedReceipt, trusted: TrustAnchors = anchors) =>
  checkKnownKeys(parsed, recoverSigners(parsed), trusted)
const withGatewaySignature = (text: string): ParsedReceipt => ({
  ...signed,
  gatewaySignature: signature(text),
})

describe('the domain', () => {
  test('is that of Vouch', () => {
    expect(checkDomain(signed).verdict).toBe('holds')
  })

  test.each([{ name: 'Other' }, { version: '2' }])('%j is another', (change) => {
    const other = { ...signed, domain: { ...signed.domain, ...change } }
    expect(checkDomain(other).verdict).toBe('fails')
  })
})

describe('signatures', () => {
  test('both', () => {
    expect(summary(signatures(signed))).toEqual([
      'gateway-signature holds',
      'contributor-signature holds',
    ])
  })

  test('none of the contributor, where the receipt claims none', () => {
    for (const contributor of [zeroAddress, signed.receipt.work.contributor]) {
      const one = signReceipt({ receipt: { tiers: 1 }, work: { contributor } })
      expect(summary(signatures(one))[1]).toBe('contributor-signature holds')
    }
  })

  test('one of the contributor that the receipt does not claim', () => {
    const { contributorSignature } = signed
    const unclaimed = signReceipt({ receipt: { tiers: 1 }, contributorSignature })
    expect(summary(signatures(unclaimed))[1]).toBe('contributor-signature fails')
  })

  test('one that is claimed and missing, or of nobody', () => {
    const missing = signReceipt({ contributorSignature: signature('0x') })
    expect(summary(signatures(missing))[1]).toBe('contributor-signature fails')
    const ofNobody = signReceipt({ work: { contributor: zeroAddress } })
    expect(summary(signatures(ofNobody))[1]).toBe('contributor-signature fails')
  })

  const { gatewaySignature } = signed
  const r = gatewaySignature.slice(2, 66)
  const s = BigInt(`0x${gatewaySignature.slice(66, 130)}`)
  const v = gatewaySignature.slice(130)
  const highS = (curveOrder - s).toString(16).padStart(64, '0')

  test.each([
    ['nothing', '0x', 'missing'],
    ['a high s', `0x${r}${highS}${v === '1b' ? '1c' : '1b'}`, 'not in the one accepted form'],
    [
      'v as 0 or 1',
      `${gatewaySignature.slice(0, 130)}${v === '1b' ? '00' : '01'}`,
      'accepted form',
    ],
    ['another v', `${gatewaySignature.slice(0, 130)}1d`, 'signature v unknown'],
    ['r of zero', `0x${'0'.repeat(64)}${gatewaySignature.slice(66)}`, 'r out of range'],
    ['too few bytes', gatewaySignature.slice(0, 2 + 38), '19 bytes'],
  ])('%s', (_, text, expected) => {
    const [line] = signatures(withGatewaySignature(text))
    expect(line?.verdict).toBe('fails')
    expect(line?.detail).toContain(expected)
    expect(keys(withGatewaySignature(text))[0]?.verdict).toBe('fails')
  })

  test('an r that is no point of the curve', () => {
    // Of any two numbers in a row about one has a point; ten in a row without one do not exist.
    const verdicts = Array.from({ length: 10 }, (_, at) => {
      const word = (BigInt(`0x${r}`) + BigInt(at)).toString(16).padStart(64, '0')
      return signatures(withGatewaySignature(`0x${word}${gatewaySignature.slice(66)}`))[0]
    })
    const refused = verdicts.filter((line) => line?.verdict === 'fails')
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]?.detail).toBe('no key gives this signature')
  })

  test('a contract wallet’s is left to its chain', () => {
    const wallet = `0x${'a7'.repeat(20)}${'00'.repeat(65)}`
    const [line] = signatures(withGatewaySignature(wallet))
    expect(line?.verdict).toBe('unknown')
    expect(line?.detail).toContain(`0x${'a7'.repeat(20)}`)
    const trusted = {
      ...anchors,
      gatewayKeys: [{ operator: undefined, key: address(`0x${'a7'.repeat(20)}`) }],
    }
    expect(keys(withGatewaySignature(wallet), trusted)[0]?.verdict).toBe('holds')
  })
})

describe('keys', () => {
  test('are those of the operators', () => {
    expect(summary(keys(signed))).toEqual(['gateway-key holds', 'contributor-key holds'])
  })

  test('are unknown where nothing is known', () => {
    expect(summary(keys(signed, noTrustAnchors))).toEqual([
      'gateway-key unknown',
      'contributor-key unknown',
    ])
  })

  test('of the contributor are not asked for where it did not sign', () => {
    expect(summary(keys(signReceipt({ receipt: { tiers: 1 } })))).toEqual(['gateway-key holds'])
  })

  test('of another are none', () => {
    const swapped = signReceipt({ keys: { gateway: contributorKey, contributor: gatewayKey } })
    expect(summary(keys(swapped))).toEqual(['gateway-key fails', 'contributor-key fails'])
  })

  test('of an operator that is not trusted fail as well', () => {
    const other = signReceipt({ work: { gateway: address(`0x${'e'.repeat(40)}`) } })
    const [line] = keys(other)
    expect(line?.verdict).toBe('fails')
    expect(line?.detail).toContain('none that you trust')
  })

  test('of a contributor that is not listed are not known: it may have joined since', () => {
    const other = signReceipt({ work: { contributor: address(`0x${'e'.repeat(40)}`) } })
    expect(summary(keys(other))).toEqual(['gateway-key holds', 'contributor-key unknown'])
  })

  test('given without an operator are good for the one that the receipt names', () => {
    const [known] = anchors.gatewayKeys
    if (known === undefined) throw new Error('the fixture knows the gateway')
    const loose = { ...noTrustAnchors, gatewayKeys: [{ operator: undefined, key: known.key }] }
    expect(summary(keys(signed, loose))).toEqual(['gateway-key holds', 'contributor-key unknown'])
  })
})

test('a signature over another receipt is a signature of another key', () => {
  const other = signReceipt({ receipt: { gatewaySeq: 42 } })
  const pasted: ParsedReceipt = { ...signed, gatewaySignature: other.gatewaySignature as Signature }
  expect(signatures(pasted)[0]?.verdict).toBe('holds')
  expect(keys(pasted)[0]?.verdict).toBe('fails')
})
