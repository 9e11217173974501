/*
 * What a gateway opened, held against what it must open: exactly the receipts that the chain chose, each the one that the log
 * has there, with the bodies that the contributor signed for. A fault here is the gateway's; no contributor answers for it.
 */
import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { err, ok, type Result } from '../base/result.ts'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { recoverSigners } from '../client/recover-signers.ts'
import type { DrawnReceipt } from './drawn-batch.ts'
import type { ServedSample } from './gateway-audits.ts'

/** Samples in the order of the draw, one for each; the error is one sentence for a person. */
export function checkedSamples(
  drawn: readonly DrawnReceipt[],
  served: readonly ServedSample[],
): Result<readonly ServedSample[], string> {
  if (served.length !== drawn.length) {
    return err(`${drawn.length} receipts are to be opened, and ${served.length} are answered for`)
  }
  for (const [place, demanded] of drawn.entries()) {
    const sample = served[place]
    const fault = sample === undefined ? 'it is missing' : faultOf(demanded, sample)
    if (fault !== undefined) return err(`receipt ${demanded.gatewaySeq}: ${fault}`)
  }
  return ok(served)
}

function faultOf(demanded: DrawnReceipt, sample: ServedSample): string | undefined {
  const { index, gatewaySeq, digest } = demanded
  if (sample.index !== index || sample.gatewaySeq !== gatewaySeq) {
    return `receipt ${sample.gatewaySeq} is answered for in its place`
  }
  if (sample.digest !== digest) return 'it is not the one that the log has there'
  if (!sample.opened) return undefined
  const { receipt, requestBody, responseBody } = sample
  const { work } = receipt.receipt
  if (receiptDigest(receiptDomain(receipt.domain), receipt.receipt) !== digest) {
    return 'what was opened is another receipt'
  }
  const { contributor } = recoverSigners(receipt)
  if (contributor.kind === 'absent' || contributor.kind === 'invalid') {
    return 'no contributor signed it'
  }
  if (sha256Bytes32(requestBody) !== work.inputHash) return 'its request is another one'
  if (sha256Bytes32(responseBody) !== work.outputHash) return 'its response is another one'
  return undefined
}
