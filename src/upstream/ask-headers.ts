import { encodeJobTerms } from '../chain/job-terms.ts'
import type { ContractAsk } from '../domain/contract-job.ts'
import { askedAtHeader, jobTermsHeader, writeAskedAt } from '../domain/contract-job-headers.ts'
import { priceHeader, writePriceHeader } from '../domain/price-header.ts'
import { atomic } from '../domain/units.ts'

/**
 * What a contributor is told of a contract's job: where it was asked, and what is paid there. Prompts have one price, cached or
 * not.
 */
export function askHeaders({
  chainId,
  coordinator,
  terms,
}: Pick<ContractAsk, 'chainId' | 'coordinator' | 'terms'>): Readonly<Record<string, string>> {
  const promptAtomicPerMtok = atomic(terms.promptAtomicPerMtok)
  return {
    [askedAtHeader]: writeAskedAt({ chainId, coordinator }),
    [jobTermsHeader]: encodeJobTerms(terms),
    [priceHeader]: writePriceHeader({
      promptAtomicPerMtok,
      cachedPromptAtomicPerMtok: promptAtomicPerMtok,
      completionAtomicPerMtok: atomic(terms.completionAtomicPerMtok),
    }),
  }
}
