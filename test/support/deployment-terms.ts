import type { DeploymentTerms } from '../../src/chain/deployment-contracts.ts'
import { address, atomic, zeroAddress } from '../../src/domain/units.ts'

/** What the command line makes without options, of an account 0x11…11. */
export const deploymentTerms: DeploymentTerms = {
  asset: 'DevUSD',
  minStake: atomic(1_000_000_000n),
  unbondingDelayS: 604_800,
  insurance: address(`0x${'11'.repeat(20)}`),
  admin: address(`0x${'11'.repeat(20)}`),
  quoteVerifier: zeroAddress,
  proofVerifier: 'ModelProofs',
  nonDeliveryPenalty: atomic(20_000_000n),
  proofBond: atomic(10_000_000n),
  inclusionPenalty: atomic(50_000_000n),
  panelMemberBond: atomic(500_000_000n),
  panelAccuserBond: atomic(100_000_000n),
  panelSilenceFine: atomic(25_000_000n),
  panelSlashBps: 1_000,
  home: 'here',
}
