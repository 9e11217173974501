import { TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { auditQueryDigest, auditVerdictDigest } from '../../src/chain/audit-typed-data.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { type AuditVerdict, auditMethod } from '../../src/domain/audit.ts'
import { anyAddress, anyBytes32, anyTime, anyUint64 } from '../support/arbitraries.ts'

const anyUint32 = fc.nat({ max: 2 ** 32 - 1 })
const anyPlace = fc.record({ chainId: anyUint64, verifyingContract: anyAddress })

const anyVerdict: fc.Arbitrary<AuditVerdict> = fc.record({
  gateway: anyAddress,
  auditor: anyAddress,
  contributor: anyAddress,
  modelId: anyBytes32,
  firstSeq: anyUint64,
  lastSeq: anyUint64,
  samples: anyUint32,
  canaries: anyUint32,
  unopened: anyUint32,
  tokens: anyUint32,
  matchedTokens: anyUint32,
  scorePpm: anyUint32,
  method: fc.constantFrom(...Object.values(auditMethod)),
  passed: fc.boolean(),
  reportHash: anyBytes32,
  issuedAt: anyTime,
})

// Spelled a second time on purpose: the encoder is judged by these.
const types = {
  AuditVerdict: [
    { name: 'gateway', type: 'address' },
    { name: 'auditor', type: 'address' },
    { name: 'contributor', type: 'address' },
    { name: 'modelId', type: 'bytes32' },
    { name: 'firstSeq', type: 'uint64' },
    { name: 'lastSeq', type: 'uint64' },
    { name: 'samples', type: 'uint32' },
    { name: 'canaries', type: 'uint32' },
    { name: 'unopened', type: 'uint32' },
    { name: 'tokens', type: 'uint32' },
    { name: 'matchedTokens', type: 'uint32' },
    { name: 'scorePpm', type: 'uint32' },
    { name: 'method', type: 'uint8' },
    { name: 'passed', type: 'bool' },
    { name: 'reportHash', type: 'bytes32' },
    { name: 'issuedAt', type: 'uint64' },
  ],
  AuditQuery: [
    { name: 'gateway', type: 'address' },
    { name: 'auditor', type: 'address' },
    { name: 'validUntil', type: 'uint64' },
  ],
}

test('a verdict hashes as ethers hashes it', () => {
  let compared = 0
  fc.assert(
    fc.property(anyPlace, anyVerdict, (place, verdict) => {
      const domain = { name: 'Vouch Receipts', version: '1', ...place }
      expect(auditVerdictDigest(receiptDomain(place), verdict)).toBe(
        TypedDataEncoder.hash(domain, { AuditVerdict: types.AuditVerdict }, verdict),
      )
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})

test('a query hashes as ethers hashes it', () => {
  const anyQuery = fc.record({ gateway: anyAddress, auditor: anyAddress, validUntil: anyTime })
  let compared = 0
  fc.assert(
    fc.property(anyPlace, anyQuery, (place, query) => {
      const domain = { name: 'Vouch Receipts', version: '1', ...place }
      expect(auditQueryDigest(receiptDomain(place), query)).toBe(
        TypedDataEncoder.hash(domain, { AuditQuery: types.AuditQuery }, query),
      )
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
