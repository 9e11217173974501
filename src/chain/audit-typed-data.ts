/*
 * What auditors sign, in the domain of receipts (`receiptDomain`): a verdict is about receipts of one gateway, and is worth
 * nothing under another ReceiptVerifier.
 */
import type { AuditQuery, AuditVerdict } from '../domain/audit.ts'
import type { Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

const verdictTypeHash = typeHash(
  'AuditVerdict(address gateway,address auditor,address contributor,bytes32 modelId,' +
    'uint64 firstSeq,uint64 lastSeq,uint32 samples,uint32 canaries,uint32 unopened,uint32 tokens,' +
    'uint32 matchedTokens,uint32 scorePpm,uint8 method,bool passed,bytes32 reportHash,' +
    'uint64 issuedAt)',
)
const queryTypeHash = typeHash('AuditQuery(address gateway,address auditor,uint64 validUntil)')

/** What the auditor signs; also the verdict's identity. */
export const auditVerdictDigest = (domain: DomainSeparator, verdict: AuditVerdict): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      verdictTypeHash +
        addressWord(verdict.gateway) +
        addressWord(verdict.auditor) +
        addressWord(verdict.contributor) +
        hashWord(verdict.modelId) +
        uintWord(verdict.firstSeq, 64) +
        uintWord(verdict.lastSeq, 64) +
        uintWord(verdict.samples, 32) +
        uintWord(verdict.canaries, 32) +
        uintWord(verdict.unopened, 32) +
        uintWord(verdict.tokens, 32) +
        uintWord(verdict.matchedTokens, 32) +
        uintWord(verdict.scorePpm, 32) +
        uintWord(verdict.method, 8) +
        uintWord(verdict.passed ? 1 : 0, 8) +
        hashWord(verdict.reportHash) +
        uintWord(verdict.issuedAt, 64),
    ),
  )

export const auditQueryDigest = (domain: DomainSeparator, query: AuditQuery): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      queryTypeHash +
        addressWord(query.gateway) +
        addressWord(query.auditor) +
        uintWord(query.validUntil, 64),
    ),
  )
