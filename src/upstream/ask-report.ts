import { attestationReportBytesMax, attestationReportTimeoutMs } from '../base/limits.ts'
import { type AskedPlace, askContributor } from './ask-contributor.ts'
import type { UpstreamPools } from './upstream-pools.ts'

/**
 * Asks an upstream for its attestation report, as the field's gateways serve it (docs/convention.md); undefined where it has
 * none. The bytes are handed on as they came: their hash is what a receipt names.
 */
export async function askReport(
  pools: UpstreamPools,
  upstream: AskedPlace,
  asked: { readonly model: string; readonly nonce: string; readonly algo: string },
): Promise<Buffer | undefined> {
  const query = new URLSearchParams({
    model: asked.model,
    nonce: asked.nonce,
    signing_algo: asked.algo,
  })
  const answer = await askContributor(pools, upstream, {
    path: `/attestation/report?${query}`,
    bytesMax: attestationReportBytesMax,
    timeoutMs: attestationReportTimeoutMs,
  })
  return answer.ok ? answer.value : undefined
}
