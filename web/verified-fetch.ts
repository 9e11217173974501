/*
 * What `vouch/verified-fetch` exports. scripts/build-web.ts makes one module of it for browsers and one for Node, because
 * Node runs no TypeScript out of node_modules.
 */
export type { CheckLine, CheckName } from '../src/client/check-line.ts'
export { VerificationError } from '../src/client/verification-error.ts'
export { defaultTolerated, type VerificationPolicy } from '../src/client/verification-policy.ts'
export {
  createVerifiedFetch,
  type VerifiedFetchOptions,
  verifiedFetch,
} from '../src/client/verified-fetch.ts'
export type { AnswerReport } from '../src/client/verify-answer.ts'
