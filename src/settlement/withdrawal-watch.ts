/*
 * Sees what happens to channels on the chain as soon as a block has it: above all a withdrawal, which leaves only its delay
 * to claim what is owed. Every node is followed by itself, so that one that is dead or lies hides nothing from the other.
 */
import { watchIntervalMs } from '../base/limits.ts'
import { channelsOf, type WatchCursor, watchBlocks } from '../chain/block-watcher.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { Channel } from '../domain/channel.ts'
import type { Bytes32 } from '../domain/units.ts'
import { type Observer, observeChannels } from './observe-channels.ts'

export type WithdrawalWatch = {
  /** Looks at what is new now. Never rejects. */
  readonly lookNow: () => Promise<void>
  /** Starts no further look and waits for the one that runs. */
  readonly stop: () => Promise<void>
}

type Watch = Observer & {
  readonly chainId: number
  /** Called when a channel began to close: what is owed on it is claimed at once. */
  readonly onClosing: () => void
}

type Follower = {
  readonly rpc: JsonRpc
  readonly noteKey: string
  cursor: WatchCursor | undefined
  /** Newest block that the note knows of. */
  notedBlock: number
  blind: boolean
}

/** The cursor is written when something happened, and otherwise every so many blocks: reading them twice does no harm. */
const notedEveryBlocks = 50
const looksAtOnceMax = 20

export function startWithdrawalWatch(watch: Watch): WithdrawalWatch {
  const nodes = [watch.rpc, ...(watch.secondRpc === undefined ? [] : [watch.secondRpc])]
  const followers: readonly Follower[] = nodes.map((rpc, index) => ({
    rpc,
    noteKey: `cursor:${watch.chainId}:${watch.settlement.address}:${index}`,
    cursor: undefined,
    notedBlock: -1,
    blind: false,
  }))
  let lane: Promise<void> = Promise.resolve()
  let queued = 0
  const lookNow = (): Promise<void> => {
    queued += 1
    lane = lane.then(async () => {
      await lookAtAll(watch, followers)
      queued -= 1
    })
    return lane
  }
  const timer = setInterval(() => {
    if (queued === 0) void lookNow()
  }, watchIntervalMs)
  timer.unref()
  return {
    lookNow,
    stop: () => {
      clearInterval(timer)
      return lane
    },
  }
}

async function lookAtAll(watch: Watch, followers: readonly Follower[]): Promise<void> {
  try {
    await Promise.all(followers.map((follower) => lookAt(watch, follower)))
  } catch (error) {
    // The store failed: it says so itself and takes the gateway out of service. The watch only must not die of it.
    const name = error instanceof Error ? error.name : 'unknown'
    watch.log.error('watch_failed', { error: name })
  }
}

/** One look through one node; more when it is behind. */
async function lookAt(watch: Watch, follower: Follower): Promise<void> {
  follower.cursor ??= await readCursor(watch, follower)
  let caughtUp = false
  // What a node says of its height is not believed without a bound; the next look goes on from here.
  for (let looks = 0; looks < looksAtOnceMax && !caughtUp; looks += 1) {
    const channels = channelsOf(watch.settlement.address)
    const look = await watchBlocks(follower.rpc, channels, follower.cursor)
    if (!look.ok) return tellBlind(watch, follower, describeChainFailure(look.error))
    const { cursor, touched, orphaned } = look.value
    if (orphaned.length > 0) watch.log.error('chain_reorganised', { channels: orphaned.length })
    const changed = await known(watch, [...touched, ...orphaned])
    if (!(await observeAndTell(watch, changed, new Set(orphaned)))) return
    // Only now: what was not told to the ledger is looked at again.
    follower.cursor = cursor
    await writeCursor(watch, follower, touched.length + orphaned.length > 0)
    caughtUp = look.value.caughtUp
  }
  if (follower.blind) watch.log.info('chain_watch_sees_again', { origin: follower.rpc.origin })
  follower.blind = false
}

/** False when the chain could not be read: the same blocks are looked at again. */
async function observeAndTell(
  watch: Watch,
  channels: readonly Channel[],
  orphaned: ReadonlySet<Bytes32>,
): Promise<boolean> {
  const isOrphaned = ({ channelId }: Channel): boolean => orphaned.has(channelId)
  const seen =
    (await observeChannels(watch, channels.filter(isOrphaned), true)) &&
    (await observeChannels(
      watch,
      channels.filter((channel) => !isOrphaned(channel)),
    ))
  const open = channels.filter(({ closing }) => !closing).map(({ channelId }) => channelId)
  const closing = (await known(watch, open)).filter((channel) => channel.closing)
  for (const { channelId, withdrawFinalAtS } of closing) {
    watch.log.info('channel_closing', { channelId, withdrawFinalAtS: withdrawFinalAtS ?? 0 })
  }
  if (closing.length > 0) watch.onClosing()
  return seen
}

/** Of these channels, those that this gateway keeps a book of: the contract serves others, too. */
async function known(watch: Watch, channelIds: readonly Bytes32[]): Promise<readonly Channel[]> {
  const channels = await Promise.all(
    [...new Set(channelIds)].map((channelId) => watch.ledger.channel(channelId)),
  )
  return channels.filter((channel) => channel !== undefined)
}

async function readCursor(watch: Watch, follower: Follower): Promise<WatchCursor | undefined> {
  const note = await watch.notes.note(follower.noteKey)
  return note === undefined ? undefined : (JSON.parse(note) as WatchCursor)
}

async function writeCursor(watch: Watch, follower: Follower, isNews: boolean): Promise<void> {
  const block = follower.cursor?.passed.at(-1)?.number ?? 0
  const isDue = follower.notedBlock < 0 || Math.abs(block - follower.notedBlock) >= notedEveryBlocks
  if (!isNews && !isDue) return
  await watch.notes.setNote(follower.noteKey, JSON.stringify(follower.cursor))
  follower.notedBlock = block
}

function tellBlind(watch: Watch, follower: Follower, detail: string): void {
  if (!follower.blind) {
    watch.log.error('chain_watch_blind', { origin: follower.rpc.origin, detail })
  }
  follower.blind = true
}
