import { describeChainFailure } from '../chain/chain-failure.ts'
import { costOf, fundsNeededRoundedUp } from '../chain/deployment-cost.ts'
import { afterStep, stepName, takeStep } from '../chain/deployment-progress.ts'
import { openSender, type Sender } from '../chain/transactions.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { type DeployOptions, unusable } from './contracts-options.ts'
import { type PreparedDeployment, prepareDeployment } from './contracts-prepare.ts'
import { recordOf, transactionHashesOf } from './contracts-record.ts'
import { writeRecord } from './contracts-record-file.ts'
import {
  describeDeployment,
  describeStepsOfAdmin,
  formatCoinRoundedDown,
  formatCoinRoundedUp,
} from './contracts-report.ts'

/** How a person is spoken with. */
export type Conversation = {
  readonly terminal: Terminal
  /** Undefined where nobody can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined
}

/** Resolves with the exit code; throws CommandFailure for whatever stops it. */
export async function deployContracts(
  options: DeployOptions,
  { terminal, confirm }: Conversation,
): Promise<number> {
  const prepared = await prepareDeployment(options)
  for (const line of describeDeployment(prepared)) terminal.print(line)
  if (options.dryRun) {
    for (const line of describeStepsOfAdmin(prepared)) terminal.print(line)
    terminal.print('Nothing was sent: this is a dry run.')
    return 0
  }
  if (prepared.steps.length > 0) {
    refuseUnreadyAccount(prepared)
    if (!options.yes && !(await isConfirmed(prepared, confirm))) {
      terminal.print('Nothing was sent.')
      return 1
    }
  }
  await sendSteps(prepared, terminal)
  terminal.print(`${prepared.recordPath} says what is where.`)
  for (const line of describeStepsOfAdmin(prepared)) terminal.print(line)
  return 0
}

function refuseUnreadyAccount({ account, gases }: PreparedDeployment): void {
  const { address, balance, pendingTransactions, gasPrices } = account
  if (pendingTransactions > 0) {
    throw new CommandFailure(
      `${address} has sent ${pendingTransactions} transaction(s) that are in no block yet: wait until they are and run again`,
    )
  }
  const needed = fundsNeededRoundedUp(gases, gasPrices)
  if (balance >= needed) return
  throw new CommandFailure(
    `${address} holds ${formatCoinRoundedDown(balance)} and needs ${formatCoinRoundedUp(needed)}, of which about ${formatCoinRoundedUp(costOf(gases, gasPrices))} will be used: send it the rest and run again`,
  )
}

function isConfirmed(
  { steps, account, plan }: PreparedDeployment,
  confirm: Conversation['confirm'],
): Promise<boolean> {
  if (confirm === undefined) {
    throw unusable('nobody can be asked here: --yes sends without asking, --dry-run only looks')
  }
  const transactions = `${steps.length} transaction(s) from ${account.address}`
  return confirm(`Send ${transactions} on chain ${plan.chainId}? [y/N] `)
}

/** One transaction after the other; the file is written before the first and after each. */
async function sendSteps(prepared: PreparedDeployment, terminal: Terminal): Promise<void> {
  const { rpc, plan, steps, recordPath } = prepared
  const hashes = new Map(transactionHashesOf(prepared.record))
  let { progress } = prepared
  writeRecord(recordPath, recordOf(plan, progress, hashes))
  const sender = openPreparedSender(prepared)
  for (const step of steps) {
    const name = stepName(step)
    const sent = await takeStep(rpc, sender, step)
    if (!sent.ok) {
      throw new CommandFailure(
        `${name}: ${describeChainFailure(sent.error)}; the same command continues from here`,
      )
    }
    const { transactionHash, blockNumber } = sent.value
    hashes.set(name, transactionHash)
    progress = afterStep(progress, step)
    writeRecord(recordPath, recordOf(plan, progress, hashes))
    terminal.print(`${name} done in block ${blockNumber}, ${transactionHash}`)
  }
}

function openPreparedSender({ rpc, plan, privateKey }: PreparedDeployment): Sender {
  if (privateKey === undefined) throw unusable('only a dry run goes without --key-file')
  return openSender({ rpc, chainId: plan.chainId, privateKey })
}
