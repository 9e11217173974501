import { err, ok, type Result } from '../base/result.ts'
import { decodeJobTerms } from '../chain/job-terms.ts'
import type { JobTerms } from '../domain/contract-job.ts'
import {
  askedAtHeader,
  type CoordinatorPlace,
  jobTermsHeader,
  readAskedAt,
} from '../domain/contract-job-headers.ts'
import type { RequestHeaders } from './job-headers.ts'
import { invalidJobHeader, type OpenAiRefusal } from './openai-refusal.ts'

/** Where a contract asked, and on which terms, as a gateway says it: nothing of it is known to be true. */
export type ToldAsk = CoordinatorPlace & { readonly terms: JobTerms }

/** Undefined for a job that its gateway pays for. */
export function readToldAsk(headers: RequestHeaders): Result<ToldAsk | undefined, OpenAiRefusal> {
  const askedAt = headers[askedAtHeader]
  const terms = headers[jobTermsHeader]
  if (askedAt === undefined && terms === undefined) return ok(undefined)
  const place = typeof askedAt === 'string' ? readAskedAt(askedAt) : undefined
  if (place === undefined) {
    return err(invalidJobHeader(askedAtHeader, 'eip155:, a chain id, and a coordinator'))
  }
  const read = typeof terms === 'string' ? decodeJobTerms(terms) : undefined
  if (read === undefined) {
    return err(invalidJobHeader(jobTermsHeader, 'abi.encode(JobTerms) in hex'))
  }
  return ok({ ...place, terms: read })
}
