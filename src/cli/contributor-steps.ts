import type { Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { ContributorStanding } from '../chain/contributor-registration.ts'
import type { OperatorStep, OperatorStepName, StepObstacle } from '../chain/operator-steps.ts'
import { estimateSteps } from '../chain/steps-cost.ts'
import {
  describeStepsFailure,
  type StepProgress,
  type StepsFailure,
  takeSteps,
} from '../chain/take-steps.ts'
import { confirmOrEnd } from './ask-person.ts'
import type { PayerSurroundings } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { formatCoinRoundedDown, formatCoinRoundedUp } from './contracts-report.ts'
import type { ContributorOptions } from './contributor-options.ts'
import type { ContributorPlace } from './contributor-place.ts'
import type { OperatorAccount } from './operator-account.ts'

/** What a transaction does, for who is asked to pay for it. */
const stepWords: Readonly<Record<OperatorStepName, string>> = {
  approve: 'let the registry take the stake',
  register: 'register and stake',
  addStake: 'add to the stake',
  addSigningKey: 'add the new signing key',
  revokeSigningKey: 'revoke a signing key',
  registerPayout: 'register where payouts go',
  setEndpoint: 'tell the endpoint',
  startUnbonding: 'let the stake go',
  cancelUnbonding: 'take back what is on its way out',
  withdrawUnbonded: 'withdraw the stake',
  pause: 'pause',
  resume: 'resume',
}

/** Shows what would be sent and what it costs, and asks. Throws CommandFailure where the account cannot pay for it. */
export async function agreeToSteps(
  place: ContributorPlace,
  plan: {
    readonly standing: ContributorStanding
    readonly steps: readonly OperatorStep[]
    readonly question: string
  },
  options: ContributorOptions,
  { terminal }: PayerSurroundings,
): Promise<void> {
  const { standing, steps, question } = plan
  if (steps.length === 0) return
  const { account, coinBalance } = standing
  const cost = orFail(await estimateSteps(place.rpc, account, steps))
  for (const [i, { functionName }] of steps.entries()) {
    terminal.printError(`${i + 1}. ${stepWords[functionName]}, ${cost.gases[i]} gas`)
  }
  terminal.printError(`${account} pays about ${formatCoinRoundedUp(cost.fee)} for it`)
  if (coinBalance < cost.fundsNeeded) {
    throw new CommandFailure(
      `${account} has ${formatCoinRoundedDown(coinBalance)} and needs ${formatCoinRoundedUp(cost.fundsNeeded)}, because a transaction reserves more than it uses: send it the rest on chain ${place.file.chain.chainId}`,
    )
  }
  await confirmOrEnd(question, options)
}

/** Sends what is left to send, and opens the account's key only where something is. */
export async function takeOwnSteps(
  place: ContributorPlace,
  goal: {
    readonly look: () => Promise<Result<ContributorStanding, ChainFailure>>
    readonly stepsLeft: (
      standing: ContributorStanding,
    ) => Result<readonly OperatorStep[], StepObstacle>
    readonly account: OperatorAccount
  },
  { terminal }: PayerSurroundings,
): Promise<ContributorStanding> {
  const { rpc, file } = place
  const { look, stepsLeft, account } = goal
  const before = orFail(await look())
  if (orStepsFailure(stepsLeft(before)).length === 0) return before
  const sender = await account.openSender({ rpc, chainId: file.chain.chainId })
  const onProgress = (progress: StepProgress) => terminal.printError(describeProgress(progress))
  return orStepsFailure(await takeSteps({ rpc, sender, look, stepsLeft, onProgress }))
}

function describeProgress(progress: StepProgress): string {
  switch (progress.event) {
    case 'waiting':
      return `waiting for ${progress.pendingTransactions} transaction(s) that an earlier run sent`
    case 'sending':
      return `sending: ${stepWords[progress.step.functionName]}`
    case 'mined':
      return `done in block ${progress.mined.blockNumber}: ${progress.mined.transactionHash}`
  }
}

export function orStepsFailure<T>(result: Result<T, StepsFailure>): T {
  if (result.ok) return result.value
  throw new CommandFailure(describeStepsFailure(result.error))
}
