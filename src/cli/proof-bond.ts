import type { ContractCall } from '../chain/contracts.ts'
import { readProofBond } from '../chain/proof-requests.ts'
import type { Address } from '../domain/units.ts'
import { bondSteps } from './bond-steps.ts'
import { orFail } from './contracts-or-fail.ts'
import type { FaultPlace } from './slash-place.ts'

/** The approval that asking for a proof needs, see `bondSteps`. */
export async function proofBondSteps(
  at: FaultPlace,
  account: Address,
): Promise<readonly ContractCall[]> {
  const { slashing } = at.contracts
  const { asset, bond } = orFail(await readProofBond(at.rpc, slashing))
  const taker = slashing.address
  return bondSteps(at, { account, asset, taker, needed: bond, whose: 'request for a proof' })
}
