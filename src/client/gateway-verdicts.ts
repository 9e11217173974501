/*
 * What auditors found at a gateway, as everybody may read it (docs/audits.md).
 */
import { ok } from '../base/result.ts'
import type { SignedVerdict } from '../domain/audit.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { type Answer, askGateway } from './ask-gateway.ts'
import { dataReader } from './gateway-answers.ts'
import { objectReader, type Reader } from './object-reader.ts'
import { domainReader, type ParsedReceipt } from './parse-receipt-document.ts'
import { addressReader, listReader, signatureReader } from './value-readers.ts'
import { verdictReader } from './verdict-reader.ts'

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
