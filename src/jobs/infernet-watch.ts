/*
 * One look at an Infernet: which intervals of which subscriptions are now to be answered here. An interval is due by the chain's
 * clock alone, and is found once, whatever process looks; what no operator here takes is passed over and left to other nodes.
 */
import { ok, type Result } from '../base/result.ts'
import { type WatchLook, watchBlocks } from '../chain/block-watcher.ts'
import { type Block, readHead } from '../chain/blocks.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import {
  createdEvent,
  type InfernetPlaces,
  readSubscription,
  subscriptionEvents,
} from '../chain/infernet-coordinator.ts'
import { intervalAt, isSubscriptionOver } from '../chain/infernet-subscription.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import {
  type FollowedSubscription,
  followOn,
  type InfernetCursor,
  type TouchedSubscription,
} from './infernet-cursor.ts'
import { type ReadInterval, readInterval } from './infernet-interval.ts'
import type { InfernetTerms } from './infernet-terms.ts'
import type { FoundJob } from './job-source.ts'

export type PlacedInfernet = InfernetTerms & { readonly places: InfernetPlaces }

export type InfernetLook = {
  readonly cursor: InfernetCursor
  readonly found: readonly FoundJob[]
  readonly touched: readonly Bytes32[]
  readonly caughtUp: boolean
}

/** An interval is given up when so many looks in a row could not read it: a consumer's own code may be what takes so long. */
const failuresMax = 3

export async function watchInfernet(
  terms: PlacedInfernet,
  cursor: InfernetCursor,
): Promise<Result<InfernetLook, ChainFailure>> {
  const { rpc, places, confirmations, fromBlock } = terms
  const watched = { address: places.coordinator, topics: subscriptionEvents }
  const look = await watchBlocks(rpc, watched, cursor.blocks, { confirmations, fromBlock })
  if (!look.ok) return look
  const { touched, orphaned } = changesOf(look.value)
  const followed = followOn(cursor.followed, {
    touched,
    orphaned,
    oldestBlock: look.value.cursor.passed[0]?.number ?? 0,
  })
  const known = { blocks: look.value.cursor, followed, granted: cursor.granted }
  const stepped = look.value.caughtUp ? await step(terms, known) : ok({ cursor: known, found: [] })
  if (!stepped.ok) return stepped
  const changed = followed.filter(
    ({ subscriptionId }) => touched.has(subscriptionId) || orphaned.has(subscriptionId),
  )
  return ok({
    ...stepped.value,
    touched: changed.flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId])),
    caughtUp: look.value.caughtUp,
  })
}

type Stepped = Pick<InfernetLook, 'cursor' | 'found'>

/** By number of the subscription: what the newest event of it says, and those that a block told of that is gone. */
function changesOf({ logs, orphaned }: WatchLook): {
  readonly touched: ReadonlyMap<number, TouchedSubscription>
  readonly orphaned: ReadonlySet<number>
} {
  const touched = new Map<number, TouchedSubscription>()
  for (const { id, number, topics } of logs) {
    const isNew = touched.get(numberOf(id))?.isNew === true || topics[0] === createdEvent
    touched.set(numberOf(id), { blockNumber: number, isNew })
  }
  return { touched, orphaned: new Set(orphaned.map(numberOf)) }
}

/** The indexed number of an event; it is 32 bits. */
const numberOf = (topic: Bytes32): number => Number(BigInt.asUintN(32, BigInt(topic)))

/** All that is followed, one after another: a chain is asked little at a time. What is due is so by its newest block. */
async function step(
  terms: PlacedInfernet,
  cursor: InfernetCursor,
): Promise<Result<Stepped, ChainFailure>> {
  const read = await readHead(terms.rpc)
  if (!read.ok) return read
  const head = read.value
  const followed: FollowedSubscription[] = []
  const granted = new Map(cursor.granted)
  const found: FoundJob[] = []
  let failure: ChainFailure | undefined
  for (const entry of cursor.followed) {
    if (entry.isOver || failure !== undefined) {
      followed.push(entry)
      continue
    }
    const next = await nextOf(terms, entry, { head, granted })
    if (!next.ok) {
      failure = next.error
      followed.push(failed(terms, entry, failure))
      continue
    }
    followed.push(next.value.entry)
    if (next.value.found !== undefined) found.push(next.value.found)
    // The same interval again, as after a reorganisation, is granted once.
    if (next.value.grant !== undefined && next.value.entry.jobId !== entry.jobId) {
      const { consumer, amount } = next.value.grant
      granted.set(consumer, (granted.get(consumer) ?? 0n) + amount)
    }
  }
  return ok({ cursor: { ...cursor, followed, granted }, found })
}

function failed(
  { log }: InfernetTerms,
  entry: FollowedSubscription,
  failure: ChainFailure,
): FollowedSubscription {
  const next = onceMore(entry)
  const { subscriptionId, failures } = next
  log.error('infernet_unread', { subscriptionId, failures, detail: describeChainFailure(failure) })
  return next
}

const onceMore = (entry: FollowedSubscription): FollowedSubscription => ({
  ...entry,
  failures: entry.failures + 1,
  isOver: entry.failures + 1 >= failuresMax,
})

type Look = { readonly head: Block; readonly granted: ReadonlyMap<Address, bigint> }

async function nextOf(
  terms: PlacedInfernet,
  entry: FollowedSubscription,
  look: Look,
): Promise<Result<ReadInterval, ChainFailure>> {
  const nowS = look.head.timestampS
  // Before the first interval and between two nothing is asked of the chain.
  if (entry.rhythm !== undefined && !isDue(entry, entry.rhythm, nowS)) return ok({ entry })
  const { rpc, places, containers, offers } = terms
  const read = await readSubscription(rpc, places.coordinator, entry.subscriptionId)
  if (!read.ok) return read
  const subscription = read.value
  const container = subscription && containers.get(subscription.containerId)
  // Its block is gone, or the node that was asked is behind the one that told of it.
  if (subscription === undefined) return ok({ entry: onceMore(entry) })
  if (container === undefined || isSubscriptionOver(subscription, nowS)) {
    return ok({ entry: { ...entry, isOver: true } })
  }
  const { activeAt, period, frequency } = subscription
  const current = { ...entry, rhythm: { activeAt, period, frequency }, failures: 0 }
  const interval = intervalAt(subscription, nowS)
  if (interval === undefined || interval === entry.interval) return ok({ entry: current })
  const model = offers().find(({ modelName }) => modelName === container.modelName)
  // Whoever offers it may come back before the interval is over.
  if (model === undefined) return ok({ entry: { ...current, rhythm: undefined } })
  const due = { entry: current, subscription, container, model, interval, places }
  return readInterval(terms, due, look)
}

/** Also when its last interval is over: then it is read once more, and forgotten. */
const isDue = (
  { interval }: FollowedSubscription,
  rhythm: Exclude<FollowedSubscription['rhythm'], undefined>,
  nowS: number,
): boolean => nowS >= rhythm.activeAt && intervalAt(rhythm, nowS) !== interval
