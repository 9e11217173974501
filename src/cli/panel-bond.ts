import type { ContractCall } from '../chain/contracts.ts'
import { readPanelTerms } from '../chain/reexecution-panel-contract.ts'
import type { Address } from '../domain/units.ts'
import { bondSteps } from './bond-steps.ts'
import { orFail } from './contracts-or-fail.ts'
import type { FaultPlace } from './slash-place.ts'

/** Whose bond the panel takes; an appeal costs two of an accuser's. */
export type PanelBond = 'member' | 'accuser' | 'appellant'

/**
 * The approval that a bond needs, where there is none yet: of exactly that amount. Throws CommandFailure where the account
 * has less than that.
 */
export async function panelBondSteps(
  at: FaultPlace,
  account: Address,
  bond: PanelBond,
): Promise<readonly ContractCall[]> {
  const { panel } = at.contracts
  const { asset, accuserBond, memberBond } = orFail(await readPanelTerms(at.rpc, panel))
  const needed = { member: memberBond, accuser: accuserBond, appellant: accuserBond * 2n }[bond]
  return bondSteps(at, { account, asset, taker: panel.address, needed, whose: bond })
}
