import { type AuditMethod, type AuditVerdict, auditMethod } from '../domain/audit.ts'
import { objectReader, type Reader, valueReader } from './object-reader.ts'
import {
  addressReader,
  bytes32Reader,
  secondsReader,
  truthReader,
  uint32Reader,
  uint64Reader,
} from './value-readers.ts'

const methodReader = valueReader<AuditMethod>('1 or 2', (value) =>
  Object.values(auditMethod).find((method) => method === value),
)

/** What an auditor found, as it signed it: a member more or less would be another statement. */
export const verdictReader: Reader<AuditVerdict> = objectReader<AuditVerdict>(
  {
    gateway: addressReader,
    auditor: addressReader,
    contributor: addressReader,
    modelId: bytes32Reader,
    firstSeq: uint64Reader,
    lastSeq: uint64Reader,
    samples: uint32Reader,
    canaries: uint32Reader,
    unopened: uint32Reader,
    tokens: uint32Reader,
    matchedTokens: uint32Reader,
    scorePpm: uint32Reader,
    method: methodReader,
    passed: truthReader,
    reportHash: bytes32Reader,
    issuedAt: secondsReader,
  },
  'refused',
)
