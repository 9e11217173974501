/*
 * Calling a contract again that did not take its answer. The coordinator lets anybody, and whoever does pays the gas, so it is
 * done with a key of the caller's and asked about first.
 */

import { toHex } from '../base/hex.ts'
import { readJob, retryCallbackCall } from '../chain/inference-coordinator.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { readQuantity } from '../chain/quantity.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { estimateSteps } from '../chain/steps-cost.ts'
import { openSender, sendCall } from '../chain/transactions.ts'
import { waitForAnswer } from '../client/follow-job.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { confirmOrEnd } from './ask-person.ts'
import { readOwnKey } from './channel-file.ts'
import { needed } from './channel-options.ts'
import type { PayerSurroundings } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { formatCoinRoundedDown, formatCoinRoundedUp } from './contracts-report.ts'
import type { JobsOptions } from './jobs-options.ts'

/** What a callback of a contract takes where a node cannot tell; the sender gives all that is left of it. */
const usualGas = { retryCallback: 1_000_000n }

/** Throws CommandFailure where the contract has its answer, or refuses it again: then nothing was sent. */
export async function retryCallback(
  job: { readonly jobId: Bytes32; readonly coordinator: Address },
  options: JobsOptions,
  { terminal }: PayerSurroundings,
): Promise<void> {
  const { jobId, coordinator } = job
  const rpcUrl = needed('--rpc', options.offer.rpcUrl)
  const rpc = jsonRpc(rpcUrl)
  const standing = orFail(await readJob(rpc, coordinator, jobId))
  if (!standing.isCallbackPending) {
    throw new CommandFailure('the contract was called and took its answer: nothing is to do')
  }
  const key = await readOwnKey(needed('--key', options.offer.keyPath))
  const payer = addressOfPrivateKey(key)
  const { content } = await waitForAnswer({ rpcUrl, coordinator, jobId })
  const call = retryCallbackCall(coordinator, jobId, toHex(content))
  const cost = orFail(await estimateSteps(rpc, payer, [call], usualGas))
  terminal.printError(`${payer} pays about ${formatCoinRoundedUp(cost.fee)} to call it again`)
  const balance = orFail(await readQuantity(rpc, 'eth_getBalance', [payer, 'latest']))
  if (balance < cost.fundsNeeded) {
    throw new CommandFailure(
      `${payer} has ${formatCoinRoundedDown(balance)} and needs ${formatCoinRoundedUp(cost.fundsNeeded)}`,
    )
  }
  await confirmOrEnd(`Call ${standing.consumer} again?`, options)
  const chainId = Number(orFail(await readQuantity(rpc, 'eth_chainId', [])))
  const sender = openSender({ rpc, chainId, privateKey: key })
  const mined = orFail(await sendCall(sender, call))
  terminal.printError(`done in block ${mined.blockNumber}: ${mined.transactionHash}`)
}
