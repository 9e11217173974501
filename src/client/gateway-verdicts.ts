/*
 * What auditors found at a gateway, as everybody may read it (docs/audits.md).
 */
import { ok } from '../base/result.ts'
import { type AuditVerdict, auditMethod, type SignedVerdict } from '../domain/audit.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { type Answer, askGateway } from './ask-gateway.ts'
import { dataReader } from './gateway-answers.ts'
import { objectReader, type Reader, valueReader } from './object-reader.ts'
import { domainReader, type ParsedReceipt } from './parse-receipt-document.ts'
import {
  addressReader,
  bytes32Reader,
  listReader,
  secondsReader,
  signatureReader,
  truthReader,
  uint32Reader,
  uint64Reader,
} from './value-readers.ts'

/** What verdicts are held to there. */
export type VerdictTerms = {
  readonly gateway: Address
  readonly domain: ParsedReceipt['domain']
  readonly auditors: readonly Address[]
}

const termsReader: Reader<VerdictTerms> = objectReader<VerdictTerms>(
  { gateway: addressReader, domain: domainReader, auditors: listReader(addressReader) },
  'ignored',
)

const methodReader = valueReader('a method', (value) =>
  Object.values(auditMethod).find((method) => method === value),
)
const verdictReader: Reader<AuditVerdict> = objectReader<AuditVerdict>(
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
const listedReader = dataReader(
  listReader(
    objectReader<SignedVerdict>({ verdict: verdictReader, signature: signatureReader }, 'ignored'),
  ),
)

/** `origin`: the gateway's base URL without `/v1`. */
export const readVerdictTerms = (origin: string): Answer<VerdictTerms> =>
  askGateway({ origin, path: '/v1/audits/terms', init: {} }, termsReader)

/** The newest hundred, the newest first. */
export async function readVerdicts(
  origin: string,
  asked: { readonly contributor: Address | undefined; readonly modelId: Bytes32 | undefined },
): Answer<readonly SignedVerdict[]> {
  const query = new URLSearchParams()
  if (asked.contributor !== undefined) query.set('contributor', asked.contributor)
  if (asked.modelId !== undefined) query.set('model', asked.modelId)
  const path = `/v1/audits/verdicts?${query}`
  const answer = await askGateway({ origin, path, init: {} }, listedReader)
  return answer.ok ? ok(answer.value.data) : answer
}
