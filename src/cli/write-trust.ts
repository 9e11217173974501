import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatTrustFile, noTrustAnchors } from '../client/trust-anchors.ts'
import type { DevChain } from '../dev/bootstrap-chain.ts'

/**
 * Leaves in the data folder which contract, operators and keys this development gateway has, so that `vouch verify` knows
 * them from elsewhere than the receipt (read-trust.ts). Written whole or not at all.
 */
export function writeTrust(folder: string, devChain: DevChain): void {
  const { addresses, contracts, chainId } = devChain
  const path = join(folder, 'trust.json')
  const text = formatTrustFile({
    ...noTrustAnchors,
    receiptVerifier: { chainId, verifyingContract: contracts.receiptVerifier },
    gatewayKeys: [{ operator: addresses.gatewayOperator, key: addresses.gatewaySigner }],
    contributorKeys: [
      { operator: addresses.contributorOperator, key: addresses.contributorSigner },
    ],
  })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
