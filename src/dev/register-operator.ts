import { err, ok, type Result } from '../base/result.ts'
import type { Contract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readOperatorStanding } from '../chain/operator-standing.ts'
import { registrationSteps, stakedBy } from '../chain/operator-steps.ts'
import { type StepsFailure, takeSteps } from '../chain/take-steps.ts'
import type { Sender } from '../chain/transactions.ts'
import type { Address, UnixSeconds } from '../domain/units.ts'
import { devStake } from './dev-contracts.ts'
import { mintUpTo } from './mint-up-to.ts'

/**
 * Registers the sender with a stake of new devUSD and one signing key, and adds the key to an operator that is there but
 * does not know it. Looks at the chain before each step, so that a start that died half-way is continued.
 */
export async function registerOperator(terms: {
  readonly rpc: JsonRpc
  readonly asset: Contract
  readonly registry: Contract
  readonly operator: Sender
  readonly signingKey: Address
  readonly activeFrom: UnixSeconds
  readonly endpoint: string
}): Promise<Result<void, StepsFailure>> {
  const { rpc, asset, registry, operator, signingKey, activeFrom, endpoint } = terms
  const account = operator.address
  const wanted = { signingKey, stake: devStake, activeFromS: activeFrom, endpoint }
  const look = () => readOperatorStanding(rpc, { registry, account, signingKeys: [signingKey] })
  const before = await look()
  if (!before.ok) return before
  const steps = registrationSteps(before.value, wanted)
  if (!steps.ok) return steps
  if (steps.value.length === 0) return ok(undefined)
  const minted = await mintUpTo({
    rpc,
    asset,
    minter: operator,
    to: account,
    amount: stakedBy(steps.value),
  })
  if (!minted.ok) return minted
  const stepsLeft = (standing: typeof before.value) => registrationSteps(standing, wanted)
  const registered = await takeSteps({ rpc, sender: operator, look, stepsLeft })
  return registered.ok ? ok(undefined) : err(registered.error)
}
