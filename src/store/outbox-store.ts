import type { Hex } from '../base/hex.ts'
import type { TransactionCaps } from '../domain/transaction-caps.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

/** Transactions of one account on one chain: they share a sequence of nonces. */
export type OutboxLane = { readonly chainId: number; readonly sender: Address }

/**
 *   queued --signed, bytes durable--> sent --a block has it--> mined --deep enough--> final
 *      ^                               |  ^                      |  '--reverted, deep enough--> failed
 *      '--- nonce went to another -----'  '---- block vanished --'
 *   queued --would revert, or too late, nothing signed--> failed --asked for again--> queued
 *   sent --an empty transaction took its nonce, deep enough--> failed
 */
export type OutboxState = 'queued' | 'sent' | 'mined' | 'final' | 'failed'

/** One signed version of the transaction; a replacement has the same nonce and higher fees. */
export type SignedAttempt = {
  readonly transactionHash: Bytes32
  /** What goes to the node, again and again until a block has it. */
  readonly raw: Hex
  readonly gasLimit: bigint
  /** Wei for a unit of gas. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  readonly signedAtMs: number
  /** Nothing to nobody, so that what was sent with this nonce is never executed. Only what has caps is emptied. */
  readonly isEmpty: boolean
}

/** The block that has the transaction, as far as was seen. */
type OutboxInclusion = {
  readonly transactionHash: Bytes32
  readonly blockNumber: number
  readonly blockHash: Bytes32
  readonly succeeded: boolean
}

/** A transaction that we mean to make, from the decision until it is final. */
export type OutboxEntry = OutboxLane & {
  readonly intentId: string
  /** What it is for: one of chain/transactions.ts `TransactionKind`. */
  readonly kind: string
  readonly channelIds: readonly Bytes32[]
  readonly to: Address
  readonly data: Hex
  readonly caps: TransactionCaps | undefined
  readonly createdAtMs: number
  readonly state: OutboxState
  /** Set while signed: it then belongs to this intent, whatever happens to the process. */
  readonly nonce: number | undefined
  /** Oldest first. */
  readonly attempts: readonly SignedAttempt[]
  readonly inclusion: OutboxInclusion | undefined
  /** Why it failed, as the node said it. */
  readonly failure: { readonly message: string; readonly data: Hex | undefined } | undefined
  /** Counts the updates; an update of another revision than the stored one is refused. */
  readonly revision: number
}

/**
 * Intents and what became of them, and the few facts that settlement must remember. Every method that changes something
 * resolves when the change survives a power cut, and throws StoreFailure when it may not.
 */
export type OutboxStore = {
  /** False, and nothing changed, where an entry with this intentId exists. */
  readonly put: (entry: OutboxEntry) => Promise<boolean>
  /**
   * Replaces the entry with the same intentId and counts up its revision. False, and nothing changed, when its stored
   * revision is another, or another entry of the lane that is sent or mined has its nonce: a second process is at work, and
   * what it signed stands.
   */
  readonly update: (entry: OutboxEntry) => Promise<boolean>
  readonly find: (intentId: string) => Promise<OutboxEntry | undefined>
  /** What is queued, sent or mined in the lane, in the order in which it was put. */
  readonly open: (lane: OutboxLane) => Promise<readonly OutboxEntry[]>
  /** The newest entries of all lanes and states, newest first. */
  readonly recent: (limit: number) => Promise<readonly OutboxEntry[]>

  /** A small text under a key, such as where the watcher stands. */
  readonly note: (key: string) => Promise<string | undefined>
  /** Undefined removes it. */
  readonly setNote: (key: string, text: string | undefined) => Promise<void>
  /** All notes whose key begins so, in the order of their keys. */
  readonly notes: (
    prefix: string,
  ) => Promise<readonly { readonly key: string; readonly text: string }[]>
  readonly close: () => Promise<void>
}

export const isOpenState = (state: OutboxState): boolean => state !== 'final' && state !== 'failed'

/** Whether the entry's nonce is taken in its lane. */
export const holdsNonce = ({ state }: Pick<OutboxEntry, 'state'>): boolean =>
  state === 'sent' || state === 'mined'
