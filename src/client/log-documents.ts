/*
 * What a gateway serves of its transparency log (domain/log-documents.ts), read strictly: what is signed refuses unknown
 * members, an envelope may grow.
 */
import { err, ok, type Result } from '../base/result.ts'
import type {
  ConsistencyDocument,
  InclusionProofDocument,
  LogAnchor,
  LogHeadDocument,
  TransparencyLogDocument,
} from '../domain/log-documents.ts'
import type { LogHead } from '../domain/log-head.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from './object-reader.ts'
import { domainReader } from './parse-receipt-document.ts'
import {
  addressReader,
  bytes32Reader,
  listReader,
  orNull,
  secondsReader,
  signatureReader,
  truthReader,
  uint32Reader,
  uint64Reader,
} from './value-readers.ts'

const objectNamed = <T extends string>(name: T): Reader<T> =>
  valueReader(`"${name}"`, (value) => (value === name ? name : undefined))

const logHeadReader = objectReader<LogHead>(
  {
    gateway: addressReader,
    batch: uint64Reader,
    root: bytes32Reader,
    count: uint32Reader,
    firstSeq: uint64Reader,
    head: bytes32Reader,
    entriesHash: bytes32Reader,
    closedAt: secondsReader,
  },
  'refused',
)

const anchorReader = objectReader<LogAnchor>(
  {
    contract: addressReader,
    sender: addressReader,
    transactionHash: bytes32Reader,
    blockNumber: uint64Reader,
    anchoredAt: secondsReader,
  },
  'ignored',
)

const logHeadDocumentReader = objectReader<LogHeadDocument>(
  {
    object: objectNamed('vouch.log_head'),
    head: logHeadReader,
    signature: signatureReader,
    domain: domainReader,
    anchor: orNull(anchorReader),
  },
  'ignored',
)

const transparencyLogReader = objectReader<TransparencyLogDocument>(
  {
    object: objectNamed('vouch.transparency_log'),
    gateway: addressReader,
    domain: domainReader,
    receiptAnchor: addressReader,
    sender: addressReader,
    batches: uint64Reader,
    anchoredBatches: uint64Reader,
    promiseS: uint64Reader,
    isPromising: truthReader,
    head: orNull(logHeadDocumentReader),
  },
  'ignored',
)

const inclusionProofReader = objectReader<InclusionProofDocument>(
  {
    object: objectNamed('vouch.inclusion_proof'),
    digest: bytes32Reader,
    gatewaySeq: uint64Reader,
    index: uint32Reader,
    siblings: listReader(bytes32Reader),
    log: logHeadDocumentReader,
  },
  'ignored',
)

const consistencyReader = objectReader<ConsistencyDocument>(
  {
    object: objectNamed('vouch.consistency_proof'),
    from: logHeadDocumentReader,
    to: logHeadDocumentReader,
    batches: listReader(
      objectReader({ batch: uint64Reader, root: bytes32Reader, count: uint32Reader }, 'ignored'),
    ),
  },
  'ignored',
)

type Read<T> = (value: unknown) => Result<T, readonly ShapeFault[]>

const whole =
  <T>(reader: Reader<T>): Read<T> =>
  (value) => {
    const faults: ShapeFault[] = []
    const read = reader(value, { path: '', faults })
    return read === undefined ? err(faults) : ok(read)
  }

export const readLogHead: Read<LogHeadDocument> = whole(logHeadDocumentReader)
export const readTransparencyLog: Read<TransparencyLogDocument> = whole(transparencyLogReader)
export const readInclusionProof: Read<InclusionProofDocument> = whole(inclusionProofReader)
export const readConsistency: Read<ConsistencyDocument> = whole(consistencyReader)
