/*
 * Sends what is left to send, one transaction after the other, and looks at the chain again before each: what another run
 * did, or left in the pool of a node, is not done twice.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { assert } from '../base/assert.ts'
import { confirmationTimeoutMs, receiptPollFirstMs, receiptPollLastMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Address } from '../domain/units.ts'
import { readHead } from './blocks.ts'
import { type ChainFailure, describeChainFailure } from './chain-failure.ts'
import type { ContractCall } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { describeObstacle, type OperatorStep, type StepObstacle } from './operator-steps.ts'
import { readQuantity } from './quantity.ts'
import { type MinedTransaction, type Sender, sendCall } from './transactions.ts'

export type StepsFailure = ChainFailure | StepObstacle

const obstacles: ReadonlySet<string> = new Set<StepObstacle['reason']>([
  'signing_key_revoked',
  'unknown_keys_active',
  'not_registered',
  'stake_below_minimum',
])

const isObstacle = (failure: StepsFailure): failure is StepObstacle => obstacles.has(failure.reason)

/** One line for a person. */
export const describeStepsFailure = (failure: StepsFailure): string =>
  isObstacle(failure) ? describeObstacle(failure) : describeChainFailure(failure)

/** What a person who waits wants to know. */
export type StepProgress<Step = OperatorStep> =
  | { readonly event: 'waiting'; readonly pendingTransactions: number }
  | { readonly event: 'sending'; readonly step: Step }
  | { readonly event: 'mined'; readonly step: Step; readonly mined: MinedTransaction }

/** No plan of an operator has more: a look that never finds its step done is a fault of the node. */
const stepsMax = 64

/** Answers the standing in which nothing is left to send. */
export async function takeSteps<Standing, Step extends ContractCall = OperatorStep>(terms: {
  readonly rpc: JsonRpc
  readonly sender: Sender
  readonly look: () => Promise<Result<Standing, ChainFailure>>
  readonly stepsLeft: (standing: Standing) => Result<readonly Step[], StepObstacle>
  readonly onProgress?: (progress: StepProgress<Step>) => void
}): Promise<Result<Standing, StepsFailure>> {
  const { rpc, sender, look, stepsLeft, onProgress = () => {} } = terms
  for (let taken = 0; taken <= stepsMax; taken += 1) {
    // A run that was killed may have left a transaction that no block has yet: it counts first.
    const settled = await waitForOwnTransactions(rpc, sender.address, onProgress)
    if (!settled.ok) return settled
    const standing = await look()
    if (!standing.ok) return standing
    const left = stepsLeft(standing.value)
    if (!left.ok) return left
    const [step] = left.value
    if (step === undefined) return standing
    onProgress({ event: 'sending', step })
    const sent = await sendCall(sender, step)
    if (!sent.ok) return sent
    onProgress({ event: 'mined', step, mined: sent.value })
    const seen = await waitForHead(rpc, sent.value.blockNumber)
    if (!seen.ok) return seen
  }
  assert(false, 'a step that a block has is not left to send')
}

async function waitForOwnTransactions(
  rpc: JsonRpc,
  account: Address,
  onProgress: (progress: StepProgress<never>) => void,
): Promise<Result<void, ChainFailure>> {
  let toldOf = 0
  return pollUntil(async () => {
    const [mined, sent] = await Promise.all([
      readQuantity(rpc, 'eth_getTransactionCount', [account, 'latest']),
      readQuantity(rpc, 'eth_getTransactionCount', [account, 'pending']),
    ])
    if (!mined.ok) return mined
    if (!sent.ok) return sent
    const pendingTransactions = Number(sent.value - mined.value)
    if (pendingTransactions > 0 && pendingTransactions !== toldOf) {
      toldOf = pendingTransactions
      onProgress({ event: 'waiting', pendingTransactions })
    }
    return ok(pendingTransactions <= 0)
  })
}

/** Of several nodes behind one URL the next may not have the block yet that the last one answered with. */
const waitForHead = (rpc: JsonRpc, blockNumber: number): Promise<Result<void, ChainFailure>> =>
  pollUntil(async () => {
    const head = await readHead(rpc)
    return head.ok ? ok(head.value.number >= blockNumber) : head
  })

async function pollUntil(
  isDone: () => Promise<Result<boolean, ChainFailure>>,
): Promise<Result<void, ChainFailure>> {
  let pauseMs = receiptPollFirstMs
  for (let waitedMs = 0; waitedMs < confirmationTimeoutMs; waitedMs += pauseMs) {
    const done = await isDone()
    if (!done.ok) return done
    if (done.value) return ok(undefined)
    await wait(pauseMs)
    pauseMs = Math.min(pauseMs * 2, receiptPollLastMs)
  }
  return err({
    reason: 'transaction_unconfirmed',
    transactionHash: undefined,
    waitedMs: confirmationTimeoutMs,
  })
}
