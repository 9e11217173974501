import type { ProofRefusal, Refusal } from '../../domain/refusal.ts'
import { badRequest, type Described, printable, sdkMustNotRetry } from '../described-error.ts'

const reasons: Readonly<Record<ProofRefusal['reason'], true>> = {
  proof_not_offered: true,
  prover_missing: true,
  proof_queue_full: true,
  proof_timeout: true,
  proof_failed: true,
  proof_cancelled: true,
  proof_not_found: true,
}

export const isAboutProofs = (refusal: Refusal): refusal is ProofRefusal =>
  Object.hasOwn(reasons, refusal.reason)

/** The arms of openai-error.ts for proofs of answers. */
export function describeProofRefusal(refusal: ProofRefusal): Described {
  switch (refusal.reason) {
    case 'proof_not_offered':
      return [
        badRequest,
        `No answer of the model '${printable(refusal.modelId)}' can be proven here. ${provableText(refusal.provable)}`,
        { param: 'attestation.mode' },
      ]
    case 'prover_missing':
      return [
        [503, 'api_error', sdkMustNotRetry],
        `This gateway cannot make proofs now: ${refusal.detail}.`,
      ]
    case 'proof_queue_full':
      return [
        [429, 'rate_limit_error', { 'retry-after': String(refusal.retryAfterS) }],
        'As many proofs wait to be made here as may, for all callers or for this one.',
      ]
    case 'proof_timeout':
      return [
        [502, 'attestation_error', sdkMustNotRetry],
        'The proof was not made in time: the answer is withheld and not charged.',
      ]
    case 'proof_failed':
      return [
        [502, 'attestation_error', sdkMustNotRetry],
        'No proof of the answer could be made: it is withheld and not charged.',
        { code: 'attestation_failed' },
      ]
    case 'proof_cancelled':
      return [
        [410, 'invalid_request_error'],
        'The proof was cancelled by whoever asked for it: nothing is charged.',
      ]
    case 'proof_not_found':
      return [
        [404, 'invalid_request_error'],
        'No proof of this account has that id, or it was kept as long as proofs are.',
        { param: 'id' },
      ]
  }
}

const provableText = (provable: readonly string[]): string =>
  provable.length === 0 ? 'Of no model can one be.' : `Of these one can: ${provable.join(', ')}.`
