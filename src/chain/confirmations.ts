import { setTimeout as wait } from 'node:timers/promises'
import { receiptPollFirstMs, receiptPollLastMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Bytes32 } from '../domain/units.ts'
import { readHead } from './blocks.ts'
import type { ChainFailure } from './chain-failure.ts'
import { readInclusion } from './inclusion.ts'
import type { JsonRpc } from './json-rpc.ts'

/** What must be buried: a transaction, or whatever happened up to a block. */
export type Buried = {
  readonly transactionHash: Bytes32 | undefined
  readonly blockNumber: number
}

/**
 * Waits until `confirmations` blocks have what happened, its own block included. A transaction that a reorganisation moves
 * to a later block is followed there. `transaction_unconfirmed` after `timeoutMs`: it may still come.
 */
export async function waitUntilBuried(
  rpc: JsonRpc,
  buried: Buried,
  patience: { readonly confirmations: number; readonly timeoutMs: number },
): Promise<Result<void, ChainFailure>> {
  const { confirmations, timeoutMs } = patience
  // What a block has is confirmed once by it.
  if (confirmations <= 1) return ok(undefined)
  let standing: Buried = buried
  let pauseMs = receiptPollFirstMs
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += pauseMs) {
    const looked = await look(rpc, standing, confirmations)
    if (!looked.ok) return looked
    if (looked.value === undefined) return ok(undefined)
    standing = looked.value
    await wait(pauseMs)
    pauseMs = Math.min(pauseMs * 2, receiptPollLastMs)
  }
  const { transactionHash } = buried
  return err({ reason: 'transaction_unconfirmed', transactionHash, waitedMs: timeoutMs })
}

/** Where it is now; undefined when enough blocks have it. */
async function look(
  rpc: JsonRpc,
  { transactionHash, blockNumber }: Buried,
  confirmations: number,
): Promise<Result<Buried | undefined, ChainFailure>> {
  const head = await readHead(rpc)
  if (!head.ok) return head
  if (head.value.number - blockNumber + 1 < confirmations) {
    return ok({ transactionHash, blockNumber })
  }
  if (transactionHash === undefined) return ok(undefined)
  const inclusion = await readInclusion(rpc, transactionHash)
  if (!inclusion.ok) return inclusion
  if (inclusion.value?.blockNumber === blockNumber) return ok(undefined)
  // In no block now: it may come back in any that follows.
  return ok({ transactionHash, blockNumber: inclusion.value?.blockNumber ?? head.value.number + 1 })
}
