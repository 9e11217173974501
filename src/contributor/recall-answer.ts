import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { ok, type Result } from '../base/result.ts'
import { askedAtHeader } from '../domain/contract-job-headers.ts'
import { address, bytes32, isAddress, isBytes32 } from '../domain/units.ts'
import type { ContractJobs, KeptAnswer } from './contract-jobs.ts'
import type { RequestHeaders } from './job-headers.ts'
import type { OpenAiRefusal } from './openai-refusal.ts'

/**
 * What a contract's job was answered before: it costs nothing to say again, so a gateway that lost it is told, whatever else
 * goes on here. Undefined where there is none.
 */
export async function recallAnswer(
  contractJobs: ContractJobs | undefined,
  { headers, body }: { readonly headers: RequestHeaders; readonly body: Buffer },
): Promise<Result<KeptAnswer | undefined, OpenAiRefusal>> {
  const { 'x-vouch-job': jobId, 'x-vouch-gateway': gateway, [askedAtHeader]: askedAt } = headers
  if (contractJobs === undefined || askedAt === undefined) return ok(undefined)
  if (!isBytes32(jobId) || !isAddress(gateway)) return ok(undefined)
  const job = { jobId: bytes32(jobId), gateway: address(gateway) }
  if (!contractJobs.knows(job)) return ok(undefined)
  return contractJobs.recall(job, sha256Bytes32(body))
}

/** The headers of an answer that is given again. */
export const headersOfKept = ({ work, contentType }: KeptAnswer): Record<string, string> => ({
  'content-type': contentType,
  'x-vouch-work': work,
})
