/*
 * What a report says where there is a TEE: the hardware is stood in for by a source whose quote holds its report data as a TDX
 * quote does, so that what is bound can be read back from the quote alone, as verifiers do.
 */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { aciAttestation } from '../../../src/evidence/aci-attestation.ts'
import { aciKeysetAt, aciReportData } from '../../../src/evidence/aci-keyset.ts'
import { openKeyRing } from '../../../src/evidence/key-ring.ts'
import { attestationReport } from '../../../src/evidence/report.ts'
import type { TeeSource } from '../../../src/evidence/report-tee.ts'
import { aGateway, aPrivateKey } from '../../support/evidence.ts'

const keys = openKeyRing(aPrivateKey)
const nonce = 'c4'.repeat(32)
const spki = '5b'.repeat(32)

/** Where a version 4 TDX quote has its report data: after the header and the measurements. */
const reportDataAt = 568

const tee: TeeSource = {
  teeType: 'tdx',
  tlsSpkiSha256: spki,
  quote: async (reportData) => ({
    quote: Buffer.concat([Buffer.alloc(reportDataAt, 1), reportData]),
    eventLog: '[]',
    info: { tcb_info: '{"app_compose":"{\\"docker\\":\\"x\\"}","rtmr3":"00"}', vm_config: '{}' },
  }),
}

const bound = (quote: unknown): Buffer => Buffer.from(String(quote), 'hex').subarray(reportDataAt)

describe('the attestation report', () => {
  test.each(['ecdsa', 'ed25519'] as const)(
    'binds the %s address, padded with zeros, and the nonce',
    async (algo) => {
      const report = await attestationReport(keys, tee, {
        ...{ algo, nonce, includeTlsFingerprint: false },
      })
      const address = String(report['signing_address']).replace('0x', '')
      expect(bound(report['intel_quote']).toString('hex')).toBe(address.padEnd(64, '0') + nonce)
      expect(report['report_data']).toBe(address.padEnd(64, '0') + nonce)
      expect(report).not.toHaveProperty('tls_cert_fingerprint')
    },
  )

  test('binds address and TLS key where that is asked for', async () => {
    const report = await attestationReport(keys, tee, {
      ...{ algo: 'ecdsa', nonce, includeTlsFingerprint: true },
    })
    const both = Buffer.from(keys.registered.address.slice(2) + spki, 'hex')
    const first = createHash('sha256').update(both).digest('hex')
    expect(bound(report['intel_quote']).toString('hex')).toBe(first + nonce)
    expect(report['tls_cert_fingerprint']).toBe(spki)
  })

  test('is the gateway’s, and no model’s', async () => {
    const report = await attestationReport(keys, tee, {
      ...{ algo: 'ecdsa', nonce, includeTlsFingerprint: false },
    })
    expect(report['attestation_type']).toBe('tdx')
    expect(report['model_attestations']).toEqual([])
    expect(report['all_attestations']).toEqual([report['gateway_attestation']])
    expect(report['gateway_attestation']).toMatchObject({
      signing_address: keys.registered.address,
      request_nonce: nonce,
      event_log: '[]',
    })
  })

  test('of a TEE that gives no quote now claims none', async () => {
    const silent: TeeSource = { ...tee, quote: async () => undefined }
    const report = await attestationReport(keys, silent, {
      ...{ algo: 'ecdsa', nonce, includeTlsFingerprint: true },
    })
    expect(report['attestation_type']).toBe('none')
    expect(report).not.toHaveProperty('intel_quote')
    expect(report).not.toHaveProperty('error')
  })
})

describe('the attestation of ACI', () => {
  test('binds the keyset and the nonce, with zeros behind them', async () => {
    const keyset = aciKeysetAt(keys, aGateway, 1_800_000_000)
    const report = await aciAttestation(keys, keyset, { nonce, tee })
    const attestation = report['attestation'] as Readonly<Record<string, unknown>>
    const evidence = attestation['evidence'] as Readonly<Record<string, unknown>>
    const statement = aciReportData(keyset.digest, nonce)
    expect(attestation['tee_type']).toBe('tdx')
    expect(attestation['report_data']).toBe(statement)
    expect(bound(evidence['quote']).toString('hex')).toBe(statement.padEnd(128, '0'))
    expect(evidence).toMatchObject({ app_compose: '{"docker":"x"}', vm_config: '{}' })
  })

  test('says nothing of what was booted where the platform says nothing that can be read', async () => {
    const vague: TeeSource = {
      ...tee,
      quote: async (reportData) => ({ quote: reportData, info: { tcb_info: 'no JSON' } }),
    }
    const keyset = aciKeysetAt(keys, aGateway, 1_800_000_000)
    const report = await aciAttestation(keys, keyset, { nonce: undefined, tee: vague })
    const { evidence } = report['attestation'] as { readonly evidence: object }
    expect(Object.keys(evidence)).toEqual(['quote', 'quote_report_data'])
  })
})

describe('the keyset', () => {
  const dayS = 86_400

  test('is the same at every replica and for thirty days, and valid for at least as long again', () => {
    let changes = 0
    let digest = ''
    for (let day = 0; day < 365; day += 1) {
      const atS = 1_800_000_000 + day * dayS
      const keyset = aciKeysetAt(keys, aGateway, atS)
      expect(aciKeysetAt(openKeyRing(aPrivateKey), aGateway, atS)).toEqual(keyset)
      expect(keyset.validUntil - atS).toBeGreaterThan(30 * dayS - 1)
      expect(keyset.validUntil - atS).toBeLessThanOrEqual(60 * dayS)
      if (keyset.digest !== digest) changes += 1
      digest = keyset.digest
    }
    expect(changes).toBe(13)
  })
})
