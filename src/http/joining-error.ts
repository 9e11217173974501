import type { JoiningRefusal, Refusal } from '../domain/refusal.ts'
import { badRequest, type Described, printable } from './described-error.ts'

/** A reason that is missing here does not compile. */
const ofMembers: Readonly<Record<JoiningRefusal['reason'], true>> = {
  joining_closed: true,
  joining_terms_unacceptable: true,
  contributor_signature_invalid: true,
  signing_key_not_active: true,
  contributor_not_serving: true,
  contributor_unreachable: true,
  joined_contributors_exhausted: true,
  contributor_query_invalid: true,
  contributor_not_joined: true,
}

export const isAboutJoining = (refusal: Refusal): refusal is JoiningRefusal =>
  Object.hasOwn(ofMembers, refusal.reason)

/** The arms of openai-error.ts for what contributors ask that join by themselves. */
export function describeJoiningRefusal(refusal: JoiningRefusal): Described {
  switch (refusal.reason) {
    case 'joining_closed':
      return [[403, 'permission_error'], 'No contributor joins this gateway by itself now.']
    case 'joining_terms_unacceptable':
      return [
        badRequest,
        `The terms cannot be taken: ${printable(refusal.detail)}.`,
        { param: 'terms' },
      ]
    case 'contributor_signature_invalid':
      return [
        badRequest,
        'The signature is none over this order to this gateway.',
        { param: 'signature' },
      ]
    case 'signing_key_not_active':
      return [
        badRequest,
        `The order was signed by ${refusal.signer}, which is no active signing key of this contributor in the ContributorRegistry.`,
        { param: 'signature' },
      ]
    case 'contributor_not_serving':
      return [
        badRequest,
        'The contributor is not registered in the ContributorRegistry, is paused, or has less than the minimum at stake.',
        { param: 'contributor' },
      ]
    case 'contributor_unreachable':
      return [
        badRequest,
        `The URL was tried and does not do: ${printable(refusal.detail)}.`,
        { param: 'terms' },
      ]
    case 'joined_contributors_exhausted':
      return [badRequest, `No more than ${refusal.contributorsMax} contributors join here.`]
    case 'contributor_query_invalid':
      return [
        [401, 'invalid_request_error', { 'www-authenticate': 'Vouch' }],
        "The signed query is not one of a contributor's key to this gateway, or not for the next five minutes.",
      ]
    case 'contributor_not_joined':
      return [[404, 'invalid_request_error'], 'This contributor has not joined here.']
  }
}
