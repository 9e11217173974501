import type { EvidenceRefusal, Refusal } from '../../domain/refusal.ts'
import { type Described, sdkMustNotRetry } from '../described-error.ts'

const reasons: Readonly<Record<EvidenceRefusal['reason'], true>> = {
  signing_address_not_found: true,
  aci_session_not_found: true,
  verification_unavailable: true,
  session_not_accepted: true,
}

export const isAboutEvidence = (refusal: Refusal): refusal is EvidenceRefusal =>
  Object.hasOwn(reasons, refusal.reason)

/** The arms of openai-error.ts for what is asked about receipts after the fact. */
export function describeEvidenceRefusal(refusal: EvidenceRefusal): Described {
  switch (refusal.reason) {
    case 'signing_address_not_found':
      return [
        [404, 'invalid_request_error'],
        'Nothing here signs with that address by that algorithm. GET /v1/keyset lists what does.',
        { param: 'signing_address' },
      ]
    case 'aci_session_not_found':
      return [
        [404, 'invalid_request_error'],
        'No upstream was verified in a session of that id.',
        { param: 'id' },
      ]
    case 'verification_unavailable':
      return [
        [503, 'upstream_verification_failed', sdkMustNotRetry],
        'The request demands a verified upstream, and none is verified here. It was not sent on.',
        { code: 'upstream_verification_failed' },
      ]
    case 'session_not_accepted':
      return [
        [412, 'session_not_accepted'],
        'None of the sessions that the request names can serve it. It was not sent on.',
        { param: 'provider.aci_session_ids' },
      ]
  }
}
