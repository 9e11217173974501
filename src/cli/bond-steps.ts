import type { ContractCall } from '../chain/contracts.ts'
import { stakeTokenAt } from '../chain/operator-standing.ts'
import { readEach } from '../chain/read-each.ts'
import type { Address } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import type { FaultPlace } from './slash-place.ts'

/**
 * The approval that a bond needs, where there is none yet: of exactly that amount. Throws CommandFailure where the account
 * has less than that.
 */
export async function bondSteps(
  { rpc, amount }: FaultPlace,
  bond: {
    readonly account: Address
    readonly asset: Address
    /** The contract that takes it. */
    readonly taker: Address
    /** Atomic units of `asset`. */
    readonly needed: bigint
    readonly whose: string
  },
): Promise<readonly ContractCall[]> {
  const { account, needed, taker, whose } = bond
  const token = stakeTokenAt(bond.asset)
  const [[balance], [allowance]] = orFail(
    await readEach(rpc, [
      { contract: token, functionName: 'balanceOf', args: [account] },
      { contract: token, functionName: 'allowance', args: [account, taker] },
    ]),
  ) as [[bigint], [bigint]]
  if (balance < needed) {
    throw new CommandFailure(
      `${account} has ${amount(balance)}, and the bond of this ${whose} is ${amount(needed)}`,
    )
  }
  if (allowance >= needed) return []
  return [{ contract: token, functionName: 'approve', args: [taker, needed] }]
}
