import type {
  AdminRefusal,
  AuditRefusal,
  JoiningRefusal,
  LendingRefusal,
  Refusal,
} from '../domain/refusal.ts'
import { describeAuditRefusal, isAboutAudits } from './audit-error.ts'
import { badRequest, type Described, type ErrorKind, printable } from './described-error.ts'
import { describeJoiningRefusal, isAboutJoining } from './joining-error.ts'

const absent: ErrorKind = [404, 'invalid_request_error']

export type ContributorRefusal = LendingRefusal | JoiningRefusal | AuditRefusal | AdminRefusal

/** A reason that is missing here does not compile. */
const ofLenders: Readonly<Record<LendingRefusal['reason'], true>> = {
  lending_closed: true,
  lender_signature_invalid: true,
  lender_query_invalid: true,
  order_replayed: true,
  lent_terms_unacceptable: true,
  lent_key_unusable: true,
  lent_keys_exhausted: true,
  lent_key_not_found: true,
  registration_limit_reached: true,
}
const ofOperators: Readonly<Record<AdminRefusal['reason'], true>> = {
  invalid_admin_token: true,
  contributor_not_found: true,
  contributor_in_file: true,
  contributor_unacceptable: true,
  key_secret_missing: true,
  reload_failed: true,
  deployments_off: true,
  deployment_running: true,
  deployment_not_found: true,
}

const isOfLenders = (refusal: Refusal): refusal is LendingRefusal =>
  Object.hasOwn(ofLenders, refusal.reason)

export const isAboutContributors = (refusal: Refusal): refusal is ContributorRefusal =>
  isOfLenders(refusal) ||
  isAboutJoining(refusal) ||
  isAboutAudits(refusal) ||
  Object.hasOwn(ofOperators, refusal.reason)

/** The arms of openai-error.ts for what lenders of keys, contributors that join, auditors, and operators of a running gateway ask. */
export function describeContributorRefusal(refusal: ContributorRefusal): Described {
  if (isOfLenders(refusal)) return describeLendingRefusal(refusal)
  if (isAboutAudits(refusal)) return describeAuditRefusal(refusal)
  return isAboutJoining(refusal) ? describeJoiningRefusal(refusal) : describeAdminRefusal(refusal)
}

function describeLendingRefusal(refusal: LendingRefusal): Described {
  switch (refusal.reason) {
    case 'lending_closed':
      return [[403, 'permission_error'], 'This gateway takes no keys from lenders now.']
    case 'lender_signature_invalid':
      return [
        badRequest,
        "The signature is not the lender's over this order to this gateway.",
        { param: 'signature' },
      ]
    case 'lender_query_invalid':
      return [
        [401, 'invalid_request_error', { 'www-authenticate': 'Vouch' }],
        "The signed query is not a lender's to this gateway, or not for the next five minutes.",
      ]
    case 'order_replayed':
      return [badRequest, 'This order was taken before. Sign a new one.', { param: 'nonce' }]
    case 'lent_terms_unacceptable':
      return [
        badRequest,
        `The terms cannot be taken: ${printable(refusal.detail)}.`,
        { param: 'terms' },
      ]
    case 'lent_key_unusable':
      return [
        badRequest,
        `The key was tried and does not do: ${printable(refusal.detail)}.`,
        { param: 'apiKey' },
      ]
    case 'lent_keys_exhausted':
      return [badRequest, `No more than ${refusal.keysMax} lent keys are kept here.`]
    case 'lent_key_not_found':
      return [absent, 'This wallet has lent no such key.', { param: 'id' }]
    case 'registration_limit_reached':
      return [
        [429, 'rate_limit_error', { 'retry-after': String(refusal.retryAfterS) }],
        'Too many keys or contributors were offered from this network just now.',
      ]
  }
}

function describeAdminRefusal(refusal: AdminRefusal): Described {
  switch (refusal.reason) {
    case 'invalid_admin_token':
      return [
        [401, 'invalid_request_error', { 'www-authenticate': 'Bearer' }],
        'The admin token is missing or wrong.',
      ]
    case 'contributor_not_found':
      return [absent, 'There is no contributor of that id.', { param: 'id' }]
    case 'contributor_in_file':
      return [
        badRequest,
        'This contributor stands in the configuration file: change it there, then reload.',
        { param: 'id' },
      ]
    case 'contributor_unacceptable':
      return [badRequest, `The entry cannot be taken: ${printable(refusal.detail)}.`]
    case 'key_secret_missing':
      return [
        badRequest,
        'There is no secret to encrypt the key with: set lending.secretFile, the same for all gateways.',
      ]
    case 'reload_failed':
      return [badRequest, `The configuration stays as it is: ${refusal.detail}.`]
    case 'deployments_off':
      return [absent, 'This gateway takes no models: vouch.yaml has no `deployments`.']
    case 'deployment_running':
      return [
        [429, 'rate_limit_error', { 'retry-after': '10' }],
        'Another model is being deployed: one at a time.',
      ]
    case 'deployment_not_found':
      return [absent, 'No deployment of that id is remembered.', { param: 'id' }]
  }
}
