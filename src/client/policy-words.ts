/*
 * Where a sentence of a check names an option of `vouch verify`, a program that calls verifiedFetch has a member of its
 * policy, or nothing: what it sent and got is given already, and the rest only the command looks at.
 */
import type { CheckLine } from './check-line.ts'
import type { VerificationPolicy } from './verification-policy.ts'

const members: Readonly<Record<string, keyof VerificationPolicy>> = {
  'gateway-key': 'gatewayKeys',
  'contributor-key': 'contributorKeys',
  trust: 'trustFile',
  rpc: 'rpcUrl',
  verifier: 'receiptVerifier',
  manifest: 'modelManifest',
  vk: 'verificationKey',
}

/** The line for whoever wrote the policy. */
export const inPolicyWords = (line: CheckLine): CheckLine => ({
  ...line,
  detail: line.detail
    .replace(/: add --(?:request|response)$/, '')
    .replace(/: give --dev-insecure .*$/, '')
    .replace(/add --(?:content|opening|auditor|log)$/, 'vouch verify looks at it')
    .replace(/--([a-z]+(?:-[a-z]+)*)\b/g, (option, name: string) => members[name] ?? option),
})
