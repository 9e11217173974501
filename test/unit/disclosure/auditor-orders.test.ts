import { describe, expect, test } from 'vitest'
import { auditQueryDigest } from '../../../src/chain/audit-typed-data.ts'
import type { PrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import type { DomainSeparator } from '../../../src/chain/typed-data.ts'
import {
  type AuditorTerms,
  askingAuditor,
  checkVerdict,
} from '../../../src/disclosure/auditor-orders.ts'
import type { AuditVerdict } from '../../../src/domain/audit.ts'
import { type Address, address, signature, unixSeconds } from '../../../src/domain/units.ts'
import { testKey } from '../../support/signed-receipt.ts'
import { auditedDomain, signedVerdict, verdictOf } from '../../support/verdicts.ts'

const auditorKey = testKey('a1')
const strangerKey = testKey('b2')
const auditor = addressOfPrivateKey(auditorKey)
const stranger = addressOfPrivateKey(strangerKey)
const { gateway } = verdictOf()
const nowS = 1_750_000_000
const otherDomain = receiptDomain({
  chainId: 1,
  verifyingContract: address(`0x${'7'.repeat(40)}`),
})

const terms: AuditorTerms = {
  gateway,
  domain: auditedDomain,
  auditors: new Set([auditor]),
  verdictValidS: 3_600,
  nowMs: () => nowS * 1000,
}

type Asking = {
  readonly auditor?: Address
  readonly validUntil?: number
  readonly key?: PrivateKey
  readonly to?: Address
  readonly domain?: DomainSeparator
  /** Put over what was signed. */
  readonly shown?: Readonly<Record<string, unknown>>
}

function headerOf(said: Asking = {}): string {
  const { key = auditorKey, to = gateway, domain = auditedDomain } = said
  const query = {
    auditor: said.auditor ?? auditor,
    validUntil: unixSeconds(said.validUntil ?? nowS + 60),
  }
  const signed = signDigest(auditQueryDigest(domain, { gateway: to, ...query }), key)
  const json = JSON.stringify({ ...query, signature: signed, ...said.shown })
  return `Vouch ${Buffer.from(json).toString('base64url')}`
}

describe('who asks', () => {
  test('a named auditor with its own fresh query', () => {
    expect(askingAuditor(terms, headerOf())).toEqual({ ok: true, value: auditor })
    expect(askingAuditor(terms, headerOf({ validUntil: nowS + 300 }))).toMatchObject({ ok: true })
  })

  test.each([
    ['nothing', undefined],
    ['an API key', 'Bearer vk_live_x'],
    ['no base64url', 'Vouch ???'],
    ['no JSON', `Vouch ${Buffer.from('[').toString('base64url')}`],
    ['too long to be read', `Vouch ${'A'.repeat(1_025)}`],
    ['a query that is past', headerOf({ validUntil: nowS })],
    ['a standing permit', headerOf({ validUntil: nowS + 301 })],
    ['a query to another gateway', headerOf({ to: stranger })],
    ['a query on another chain', headerOf({ domain: otherDomain })],
    ["another's signature", headerOf({ key: strangerKey })],
    ['no signature', headerOf({ shown: { signature: '0x' } })],
    ['half a signature', headerOf({ shown: { signature: `0x${'1'.repeat(64)}` } })],
    ['a time that is none', headerOf({ shown: { validUntil: 'soon' } })],
  ])('%s is refused', (_what, authorization) => {
    expect(askingAuditor(terms, authorization)).toEqual({
      ok: false,
      error: { reason: 'audit_query_invalid' },
    })
  })

  test('who is not named is told so, once it has shown who it is', () => {
    const header = headerOf({ auditor: stranger, key: strangerKey })
    expect(askingAuditor(terms, header)).toEqual({
      ok: false,
      error: { reason: 'auditor_not_named', auditor: stranger },
    })
    expect(askingAuditor(terms, headerOf({ auditor: stranger }))).toMatchObject({
      error: { reason: 'audit_query_invalid' },
    })
  })
})

describe('what is reported', () => {
  const issuedAt = unixSeconds(nowS)
  const check = (said: Partial<AuditVerdict> = {}, key = auditorKey) =>
    checkVerdict(terms, signedVerdict(key, { issuedAt, ...said }))

  test('a verdict of a named auditor is taken', () => {
    const signed = signedVerdict(auditorKey, { issuedAt })
    expect(checkVerdict(terms, signed)).toEqual({ ok: true, value: signed })
  })

  test('a verdict of somebody else is not, whoever it names', () => {
    expect(check({}, strangerKey)).toMatchObject({ error: { reason: 'auditor_not_named' } })
    const forged = signedVerdict(strangerKey, { issuedAt, auditor })
    expect(checkVerdict(terms, forged)).toEqual({
      ok: false,
      error: { reason: 'auditor_signature_invalid' },
    })
  })

  test.each<Partial<AuditVerdict>>([
    { passed: false },
    { contributor: stranger },
    { lastSeq: 401 },
    { tokens: 9_999 },
    { issuedAt: unixSeconds(nowS + 1) },
  ])('a verdict that was changed behind its signature is nobody’s: %o', (change) => {
    const { verdict, signature: signed } = signedVerdict(auditorKey, { issuedAt })
    expect(checkVerdict(terms, { verdict: { ...verdict, ...change }, signature: signed })).toEqual({
      ok: false,
      error: { reason: 'auditor_signature_invalid' },
    })
  })

  test('a signature in another form is none', () => {
    const { verdict, signature: signed } = signedVerdict(auditorKey, { issuedAt })
    for (const form of ['0x', signed.slice(0, -2), `${signed.slice(0, -2)}00`, `${signed}00`]) {
      expect(checkVerdict(terms, { verdict, signature: signature(form) })).toMatchObject({
        error: { reason: 'auditor_signature_invalid' },
      })
    }
  })

  test('a verdict of another chain is none here', () => {
    expect(checkVerdict(terms, signedVerdict(auditorKey, { issuedAt }, otherDomain))).toMatchObject(
      { error: { reason: 'auditor_signature_invalid' } },
    )
  })

  test.each<[string, Partial<AuditVerdict>]>([
    ['another gateway', { gateway: stranger }],
    ['its window is none', { firstSeq: 0 }],
    ['its window is none', { firstSeq: 402 }],
    ['no sample', { samples: 0, canaries: 0 }],
    ['more canaries', { canaries: 9 }],
    ['more tokens match', { matchedTokens: 5_001 }],
    ['a time to come', { issuedAt: unixSeconds(nowS + 301) }],
    ['too old', { issuedAt: unixSeconds(nowS - 3_600) }],
  ])('a verdict is refused for %s', (detail, said) => {
    expect(check(said)).toMatchObject({
      error: { reason: 'verdict_unacceptable', detail: expect.stringContaining(detail) },
    })
  })

  test('the very ends of what is taken', () => {
    expect(check({ issuedAt: unixSeconds(nowS + 300) })).toMatchObject({ ok: true })
    expect(check({ issuedAt: unixSeconds(nowS - 3_599) })).toMatchObject({ ok: true })
    expect(check({ firstSeq: 400 })).toMatchObject({ ok: true })
  })
})
