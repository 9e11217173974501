/*
 * Where the watcher of one Infernet stands: its blocks, the subscriptions that it follows with the interval that each was last found
 * with, and what was granted to consumers that are answered for nothing. All of it is in one text, so that it is written down at
 * once: an interval is never found for a grant that was not counted.
 */
import { assert } from '../base/assert.ts'
import type { WatchCursor } from '../chain/block-watcher.ts'
import type { InfernetSubscription } from '../chain/infernet-subscription.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

export type FollowedSubscription = {
  readonly subscriptionId: number
  /** Of the newest block that says something of it. */
  readonly blockNumber: number
  /** Its intervals, as they were read; undefined before that, and again when a block may have changed them. */
  readonly rhythm: Pick<InfernetSubscription, 'activeAt' | 'period' | 'frequency'> | undefined
  /** The last interval that was found; 0: none. */
  readonly interval: number
  /** Of that interval. */
  readonly jobId: Bytes32 | undefined
  /** Looks in a row that could not read it. */
  readonly failures: number
  /** Nothing of it is found any more, unless a reorganisation says otherwise. */
  readonly isOver: boolean
}

export type InfernetCursor = {
  /** Undefined before the first look. */
  readonly blocks: WatchCursor | undefined
  readonly followed: readonly FollowedSubscription[]
  /** Atomic units, by consumer. */
  readonly granted: ReadonlyMap<Address, bigint>
}

export const firstInfernetCursor: InfernetCursor = {
  blocks: undefined,
  followed: [],
  granted: new Map(),
}

export const encodeInfernetCursor = ({ blocks, followed, granted }: InfernetCursor): string =>
  JSON.stringify({
    blocks,
    followed,
    granted: [...granted].map(([consumer, amount]) => [consumer, String(amount)]),
  })

/** The inverse, for text that this module wrote. */
export function decodeInfernetCursor(text: string): InfernetCursor {
  const { blocks, followed, granted } = JSON.parse(text) as {
    readonly blocks?: WatchCursor
    readonly followed: readonly Partial<FollowedSubscription>[]
    readonly granted: readonly (readonly [Address, string])[]
  }
  assert(Array.isArray(followed), 'a cursor of Infernet is written by encodeInfernetCursor')
  return {
    blocks,
    followed: followed.map((entry) => ({
      subscriptionId: entry.subscriptionId ?? 0,
      blockNumber: entry.blockNumber ?? 0,
      rhythm: entry.rhythm,
      interval: entry.interval ?? 0,
      jobId: entry.jobId,
      failures: entry.failures ?? 0,
      isOver: entry.isOver === true,
    })),
    granted: new Map(granted.map(([consumer, amount]) => [consumer, BigInt(amount)])),
  }
}

export type TouchedSubscription = {
  readonly blockNumber: number
  /** It was created in a block of this look. */
  readonly isNew: boolean
}

/**
 * What is followed after a look: subscriptions that a new block tells of are read anew, those of a block that is gone are found
 * anew as well, and those that are over are forgotten once no block that tells of them can be taken back.
 */
export function followOn(
  followed: readonly FollowedSubscription[],
  look: {
    readonly touched: ReadonlyMap<number, TouchedSubscription>
    readonly orphaned: ReadonlySet<number>
    /** Below it no block is looked at again. */
    readonly oldestBlock: number
  },
): readonly FollowedSubscription[] {
  const known = new Map(followed.map((entry) => [entry.subscriptionId, entry]))
  for (const subscriptionId of look.orphaned) {
    const entry = known.get(subscriptionId)
    // It may be in no block now: then whoever reads it next finds nothing, and it is over.
    if (entry !== undefined) known.set(subscriptionId, { ...entry, ...unread, interval: 0 })
  }
  for (const [subscriptionId, { blockNumber, isNew }] of look.touched) {
    const entry = known.get(subscriptionId)
    // What other nodes do for consumers that are not followed here concerns nobody here.
    if (entry === undefined && !isNew) continue
    const begun = { subscriptionId, interval: 0, jobId: undefined }
    known.set(subscriptionId, { ...(entry ?? begun), ...unread, blockNumber })
  }
  return [...known.values()].filter(
    ({ isOver, blockNumber }) => !isOver || blockNumber >= look.oldestBlock,
  )
}

const unread = { rhythm: undefined, failures: 0, isOver: false }
