import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { ContractCall } from '../chain/contracts.ts'
import { faultGas } from '../chain/fault-gas.ts'
import { readQuantity } from '../chain/quantity.ts'
import { estimateSteps } from '../chain/steps-cost.ts'
import { describeStepsFailure, type StepProgress, takeSteps } from '../chain/take-steps.ts'
import type { MinedTransaction } from '../chain/transactions.ts'
import { confirmOrEnd } from './ask-person.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { formatCoinRoundedDown, formatCoinRoundedUp } from './contracts-report.ts'
import type { OperatorAccount } from './operator-account.ts'
import type { FaultOptions } from './slash-options.ts'
import type { FaultPlace } from './slash-place.ts'

/** What a transaction does, for who is asked to pay for it. */
const stepWords: Readonly<Record<string, string>> = {
  approve: 'let the bond be taken',
  reportWorkEquivocation: 'report the two Works',
  reportCheckpointEquivocation: 'report the two checkpoints',
  reportReceiptEquivocation: 'report the two receipts',
  reportOvercharge: 'report the overcharge',
  reportFalseTier: 'report the false tier',
  requestProof: 'ask the gateway for the proof, with a bond',
  reportNonDelivery: 'report the job that was not delivered',
  challenge: 'challenge the promise',
  payForfeit: 'have the reward paid out',
  enroll: 'join the panel, with its bond',
  resign: 'leave the panel',
  accuse: 'accuse, with the bond of an accuser',
  draw: 'draw the jury',
  abandon: 'abandon the case',
  commitVote: 'hand in the hidden vote',
  revealVote: 'reveal the vote',
  tally: 'count the votes',
  appeal: 'appeal, with twice the bond',
  conclude: 'conclude it',
  withdraw: 'withdraw what the panel owes',
}

const wordsOf = ({ functionName }: ContractCall): string => stepWords[functionName] ?? functionName

/** What is done to a fault: looked at again before each transaction. */
export type FaultGoal<Standing> = {
  readonly look: () => Promise<Result<Standing, ChainFailure>>
  readonly stepsLeft: (standing: Standing) => readonly ContractCall[]
  readonly account: OperatorAccount
  /** Asked once, with the cost; `--yes` answers. */
  readonly question: string
}

/** Shows what is left to send and its cost, asks, and sends it; opens the account's key only where something is. */
export async function takeFaultSteps<Standing>(
  { rpc, place }: FaultPlace,
  goal: FaultGoal<Standing>,
  options: FaultOptions,
  terminal: Terminal,
): Promise<{ readonly standing: Standing; readonly mined: readonly MinedTransaction[] }> {
  const { look, stepsLeft, account, question } = goal
  const before = orFail(await look())
  const steps = stepsLeft(before)
  if (steps.length === 0) return { standing: before, mined: [] }
  const cost = orFail(await estimateSteps(rpc, account.address, steps, faultGas))
  for (const [i, step] of steps.entries()) {
    terminal.printError(`${i + 1}. ${wordsOf(step)}, ${cost.gases[i]} gas`)
  }
  terminal.printError(`${account.address} pays about ${formatCoinRoundedUp(cost.fee)} for it`)
  const coins = orFail(await readQuantity(rpc, 'eth_getBalance', [account.address, 'latest']))
  if (coins < cost.fundsNeeded) {
    throw new CommandFailure(
      `${account.address} has ${formatCoinRoundedDown(coins)} and needs ${formatCoinRoundedUp(cost.fundsNeeded)}, because a transaction reserves more than it uses`,
    )
  }
  await confirmOrEnd(question, options)
  const sender = await account.openSender({ rpc, chainId: place.chainId })
  const mined: MinedTransaction[] = []
  const onProgress = (progress: StepProgress<ContractCall>) => {
    terminal.printError(describeProgress(progress))
    if (progress.event === 'mined') mined.push(progress.mined)
  }
  const taken = await takeSteps({
    rpc,
    sender,
    look,
    stepsLeft: (standing) => ok(stepsLeft(standing)),
    onProgress,
  })
  if (!taken.ok) throw new CommandFailure(describeStepsFailure(taken.error))
  return { standing: taken.value, mined }
}

function describeProgress(progress: StepProgress<ContractCall>): string {
  switch (progress.event) {
    case 'waiting':
      return `waiting for ${progress.pendingTransactions} transaction(s) that an earlier run sent`
    case 'sending':
      return `sending: ${wordsOf(progress.step)}`
    case 'mined':
      return `done in block ${progress.mined.blockNumber}: ${progress.mined.transactionHash}`
  }
}
