export type { CheckLine, CheckName } from '../src/client/check-line.js';
export { VerificationError } from '../src/client/verification-error.js';
export { defaultTolerated, type VerificationPolicy } from '../src/client/verification-policy.js';
export { createVerifiedFetch, type VerifiedFetchOptions, verifiedFetch, } from '../src/client/verified-fetch.js';
export type { AnswerReport } from '../src/client/verify-answer.js';
