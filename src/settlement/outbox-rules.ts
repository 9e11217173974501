import type { Hex } from '../base/hex.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { Purpose, Transaction } from '../chain/transactions.ts'
import type { OutboxEntry, OutboxLane } from '../store/outbox-store.ts'

/** The intent as it is before anything was signed. */
export const newEntry = (
  lane: OutboxLane,
  intent: Transaction & Purpose & { readonly nowMs: number },
): OutboxEntry => ({
  chainId: lane.chainId,
  sender: lane.sender,
  intentId: intent.intentId,
  kind: intent.kind,
  channelIds: intent.channelIds ?? [],
  to: intent.to,
  data: intent.data,
  caps: intent.caps,
  createdAtMs: intent.nowMs,
  state: 'queued',
  nonce: undefined,
  attempts: [],
  inclusion: undefined,
  failure: undefined,
  revision: 0,
})

/** The smallest nonce that the chain can use next and that nothing of ours has. */
export function lowestFree(used: ReadonlySet<number>, chainNonce: number): number {
  let nonce = chainNonce
  while (used.has(nonce)) nonce += 1
  return nonce
}

/** The end of an intent before anything of it was signed. */
export const refused = (failure: {
  readonly message: string
  readonly data: Hex | undefined
}): Pick<OutboxEntry, 'state' | 'failure'> => ({ state: 'failed', failure })

/** The end of an intent whose nonce a block has used, deep enough. */
export function endOf(seen: {
  readonly succeeded: boolean
  readonly emptied: boolean
}): Pick<OutboxEntry, 'state' | 'failure'> {
  if (seen.emptied) {
    const message = 'an empty transaction took its nonce: it was too late, or others had to pass'
    return refused({ message, data: undefined })
  }
  return seen.succeeded
    ? { state: 'final', failure: undefined }
    : refused({ message: 'reverted in its block', data: undefined })
}

/** Failed before anything was signed: it can be tried again without the risk of doing it twice. */
export const isUntried = ({ state, attempts }: OutboxEntry): boolean =>
  state === 'failed' && attempts.length === 0

/** The transaction itself would fail, not the node that was asked. */
export const isRevert = (
  failure: ChainFailure,
): failure is Extract<ChainFailure, { reason: 'chain_error' }> =>
  failure.reason === 'chain_error' &&
  (failure.data !== undefined || failure.message.includes('revert'))

export const aboveMaximum = (feeWeiMax: bigint): ChainFailure => ({
  reason: 'chain_error',
  method: 'eth_gasPrice',
  code: 0,
  message: `the chain asks for more than the fee maximum of ${feeWeiMax / 10n ** 9n} gwei`,
  data: undefined,
})

/** For the log: which intent, where it stands. */
export const factsOf = (entry: OutboxEntry): Readonly<Record<string, string | number>> => ({
  intentId: entry.intentId,
  kind: entry.kind,
  nonce: entry.nonce ?? -1,
  transactionHash: entry.attempts.at(-1)?.transactionHash ?? '',
})
