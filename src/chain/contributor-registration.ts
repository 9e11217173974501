/*
 * A contributor's way into its registry: what it takes, told before anything is sent, and then done. Continued wherever a run
 * before it was killed.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type Address, type AtomicAmount, atomic } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import type { Contract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { type OperatorStanding, readOperatorStanding } from './operator-standing.ts'
import {
  type OperatorStep,
  payoutSteps,
  registrationSteps,
  type StepObstacle,
  stakedBy,
  type WantedPayout,
  type WantedRegistration,
} from './operator-steps.ts'
import { type RegisteredPayout, readRegisteredPayout } from './payout-registration.ts'
import { estimateSteps, type StepsCost } from './steps-cost.ts'
import { type StepProgress, type StepsFailure, takeSteps } from './take-steps.ts'
import type { Sender } from './transactions.ts'

/** An operator of the ContributorRegistry, and where it wants its money. */
export type ContributorStanding = OperatorStanding & {
  /** Undefined while it has registered none. */
  readonly payout: RegisteredPayout | undefined
}

/** `registry` is a ContributorRegistry; `account` need not be registered. */
export async function readStanding(
  rpc: JsonRpc,
  question: {
    readonly registry: Contract
    readonly account: Address
    readonly signingKeys: readonly Address[]
  },
): Promise<Result<ContributorStanding, ChainFailure>> {
  const [operator, payout] = await Promise.all([
    readOperatorStanding(rpc, question),
    readRegisteredPayout(rpc, question.registry, question.account),
  ])
  if (!operator.ok) return operator
  if (!payout.ok) return payout
  return ok({ ...operator.value, payout: payout.value })
}

/** What a contributor wants to be; without a payout the one that is registered stays. */
export type WantedContributor = WantedRegistration & { readonly payout?: WantedPayout }

/** What is left to send until the contributor serves as wanted, in order. */
export function contributorSteps(
  standing: ContributorStanding,
  wanted: WantedContributor,
): Result<readonly OperatorStep[], StepObstacle> {
  const registration = registrationSteps(standing, wanted)
  if (!registration.ok || wanted.payout === undefined) return registration
  const payout = payoutSteps(standing, standing.payout, wanted.payout)
  return ok([...registration.value, ...payout])
}

/** What a person is shown before it says yes. */
export type RegistrationPlan = {
  readonly standing: ContributorStanding
  /** Empty when everything is as wanted. */
  readonly steps: readonly OperatorStep[]
  /** What leaves the account and is at stake then. */
  readonly stakeAdded: AtomicAmount
  readonly cost: StepsCost
  /** What the account lacks; with both zero the steps can be sent. */
  readonly missing: {
    /** Of the token that is staked. */
    readonly stake: AtomicAmount
    /** Wei of the chain's own coin. */
    readonly coin: bigint
  }
}

/** Sends nothing. */
export async function planRegistration(
  rpc: JsonRpc,
  question: {
    readonly registry: Contract
    readonly account: Address
    readonly wanted: WantedContributor
  },
): Promise<Result<RegistrationPlan, StepsFailure>> {
  const { registry, account, wanted } = question
  const signingKeys = [wanted.signingKey]
  const standing = await readStanding(rpc, { registry, account, signingKeys })
  if (!standing.ok) return standing
  const steps = contributorSteps(standing.value, wanted)
  if (!steps.ok) return err(steps.error)
  const cost = await estimateSteps(rpc, account, steps.value)
  if (!cost.ok) return cost
  const stakeAdded = stakedBy(steps.value)
  const { balance, coinBalance } = standing.value
  return ok({
    standing: standing.value,
    steps: steps.value,
    stakeAdded,
    cost: cost.value,
    missing: {
      stake: atomic(stakeAdded > balance ? stakeAdded - balance : 0n),
      coin: cost.value.fundsNeeded > coinBalance ? cost.value.fundsNeeded - coinBalance : 0n,
    },
  })
}

/** Sends what is left. Whoever calls has shown the plan before: this asks nobody. */
export function registerContributor(terms: {
  readonly rpc: JsonRpc
  readonly registry: Contract
  readonly sender: Sender
  readonly wanted: WantedContributor
  readonly onProgress?: (progress: StepProgress) => void
}): Promise<Result<ContributorStanding, StepsFailure>> {
  const { registry, sender, wanted } = terms
  const signingKeys = [wanted.signingKey]
  return takeSteps({
    ...terms,
    look: () => readStanding(terms.rpc, { registry, account: sender.address, signingKeys }),
    stepsLeft: (standing) => contributorSteps(standing, wanted),
  })
}
