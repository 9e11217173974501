import type { ContractCall } from '../chain/contracts.ts'
import { stakeTokenAt } from '../chain/operator-standing.ts'
import { readEach } from '../chain/read-each.ts'
import { readPanelTerms } from '../chain/reexecution-panel-contract.ts'
import type { Address } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import type { FaultPlace } from './slash-place.ts'

/** Whose bond the panel takes; an appeal costs two of an accuser's. */
export type PanelBond = 'member' | 'accuser' | 'appellant'

/**
 * The approval that a bond needs, where there is none yet: of exactly that amount. Throws CommandFailure where the account
 * has less than that.
 */
export async function panelBondSteps(
  { rpc, contracts, amount }: FaultPlace,
  account: Address,
  bond: PanelBond,
): Promise<readonly ContractCall[]> {
  const { panel } = contracts
  const terms = orFail(await readPanelTerms(rpc, panel))
  const { accuserBond, memberBond } = terms
  const needed = { member: memberBond, accuser: accuserBond, appellant: accuserBond * 2n }[bond]
  const token = stakeTokenAt(terms.asset)
  const [[balance], [allowance]] = orFail(
    await readEach(rpc, [
      { contract: token, functionName: 'balanceOf', args: [account] },
      { contract: token, functionName: 'allowance', args: [account, panel.address] },
    ]),
  ) as [[bigint], [bigint]]
  if (balance < needed) {
    throw new CommandFailure(
      `${account} has ${amount(balance)}, and the bond of this ${bond} is ${amount(needed)}`,
    )
  }
  if (allowance >= needed) return []
  return [{ contract: token, functionName: 'approve', args: [panel.address, needed] }]
}
