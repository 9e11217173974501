/*
 * Follows the events of a contract block by block, across reorganisations: those of channels, or of the operators of a
 * registry. One look reads what is new since the cursor; hashes of the blocks that it passed say later whether they are still
 * there.
 */
import { watchedBlocksAtOnceMax, watchedBlocksKept } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Address, type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { readBlock, readHead } from './blocks.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Utf8 } from './keccak.ts'
import { hexQuantity, parseQuantity } from './quantity.ts'

/** A block that was looked at, and what it changed. */
type PassedBlock = {
  readonly number: number
  readonly hash: Bytes32
  /**
   * The first indexed member of its events: a channel's id, or the padded account of a registry's operator. The name is that
   * of cursors that were written down when only channels were followed.
   */
  readonly channelIds: readonly Bytes32[]
}

/** Whose events are followed, and which of them: keccak256 of their signatures. */
export type Watched = { readonly address: Address; readonly topics: readonly Bytes32[] }

/** Where a watcher stands: plain JSON, so that it can be written down. Blocks ascend; the last is the newest passed. */
export type WatchCursor = { readonly passed: readonly PassedBlock[] }

/** One event as the node has it; `id` is its first indexed member. */
export type SeenLog = Omit<PassedBlock, 'channelIds'> & {
  readonly id: Bytes32
  readonly topics: readonly string[]
  readonly data: string
}

/** What is read of the chain. */
export type WatchDepth = {
  /** Where a watcher without a cursor begins; undefined: at the newest block, because what is before is read from state. */
  readonly fromBlock?: number | undefined
  /** Blocks, its own included, after which one is passed; undefined: 1. */
  readonly confirmations?: number | undefined
}

export type WatchLook = {
  readonly cursor: WatchCursor
  /** Of the blocks that were not passed before, in their order. */
  readonly logs: readonly SeenLog[]
  /** What had an event in a block that was not passed before. */
  readonly touched: readonly Bytes32[]
  /** What had an event in a block that is no longer there: what was known of it may be wrong. */
  readonly orphaned: readonly Bytes32[]
  /** False: more blocks wait than one look reads. */
  readonly caughtUp: boolean
}

/** What changes the money of a channel. All have the channel's id as their first indexed member. */
export const watchedEvents = {
  Deposited: 'Deposited(bytes32,address,address,uint128,uint128)',
  Claimed: 'Claimed(bytes32,address,uint128,uint128)',
  Refunded: 'Refunded(bytes32,address,uint128)',
  WithdrawInitiated: 'WithdrawInitiated(bytes32,address,uint128,uint40)',
  WithdrawFinalized: 'WithdrawFinalized(bytes32,address,uint128)',
} as const

const channelTopics = Object.values(watchedEvents).map(keccak256Utf8)

/** The channels of a settlement contract. */
export const channelsOf = (settlement: Address): Watched => ({
  address: settlement,
  topics: channelTopics,
})

/** One look. Without a cursor it begins at `fromBlock`, or at the newest block. */
export async function watchBlocks(
  rpc: JsonRpc,
  watched: Watched,
  cursor: WatchCursor | undefined,
  depth: WatchDepth = {},
): Promise<Result<WatchLook, ChainFailure>> {
  const head = await readDeepEnough(rpc, depth.confirmations ?? 1)
  if (!head.ok) return head
  const newest = head.value
  const nothing = { logs: [], touched: [], orphaned: [], caughtUp: true }
  if (newest === undefined) return ok({ ...nothing, cursor: cursor ?? { passed: [] } })
  const begin = cursor?.passed[0]?.number ?? depth.fromBlock
  if (begin === undefined) return ok({ ...nothing, cursor: { passed: [newest] } })
  const fork = await dropOrphans(rpc, cursor?.passed ?? [])
  if (!fork.ok) return fork
  const { kept, orphaned } = fork.value
  // Where nothing that was passed is left, the watcher begins again where its memory began.
  const from = (kept.at(-1)?.number ?? begin - 1) + 1
  if (from > newest.number) return ok({ ...nothing, cursor: { passed: kept }, orphaned })
  const range = await readRange(rpc, watched, { from, to: newest.number })
  if (!range.ok) return range
  const { to, logs } = range.value
  const last = to === newest.number ? ok(newest) : await passedBlock(rpc, to)
  if (!last.ok) return last
  const blocks = logs.map(({ number, hash, id }) => ({ number, hash, channelIds: [id] }))
  const passed = [...kept, ...joinLogs([...blocks, last.value])]
  return ok({
    cursor: { passed: passed.filter(({ number }) => number > to - watchedBlocksKept) },
    logs,
    touched: [...new Set(logs.map(({ id }) => id))],
    orphaned,
    caughtUp: to === newest.number,
  })
}

/** The newest block that has so many confirmations; undefined on a chain that has none yet. */
async function readDeepEnough(
  rpc: JsonRpc,
  confirmations: number,
): Promise<Result<PassedBlock | undefined, ChainFailure>> {
  const head = await readHead(rpc)
  if (!head.ok) return head
  const { number, hash } = head.value
  if (confirmations <= 1) return ok({ number, hash, channelIds: [] })
  const deep = number - confirmations + 1
  return deep < 0 ? ok(undefined) : passedBlock(rpc, deep)
}

/** As many blocks as one call answers: nodes refuse too many, or too many events, and each at another number. */
async function readRange(
  rpc: JsonRpc,
  watched: Watched,
  { from, to: newest }: { readonly from: number; readonly to: number },
): Promise<Result<{ readonly to: number; readonly logs: readonly SeenLog[] }, ChainFailure>> {
  for (let blocks = watchedBlocksAtOnceMax; ; blocks = Math.ceil(blocks / 8)) {
    const to = Math.min(newest, from + blocks - 1)
    const logs = await readLogs(rpc, watched, { from, to })
    if (logs.ok) return ok({ to, logs: logs.value })
    if (logs.error.reason !== 'chain_error' || to === from) return logs
  }
}

/** Newest first: the first block that is still there says that all before it are. */
async function dropOrphans(
  rpc: JsonRpc,
  passed: readonly PassedBlock[],
): Promise<
  Result<{ readonly kept: readonly PassedBlock[]; readonly orphaned: Bytes32[] }, ChainFailure>
> {
  const orphaned = new Set<Bytes32>()
  for (let index = passed.length - 1; index >= 0; index -= 1) {
    const block = passed[index]
    if (block === undefined) continue
    const now = await readBlock(rpc, block.number)
    if (!now.ok) return now
    if (now.value?.hash === block.hash) {
      return ok({ kept: passed.slice(0, index + 1), orphaned: [...orphaned] })
    }
    for (const channelId of block.channelIds) orphaned.add(channelId)
  }
  return ok({ kept: [], orphaned: [...orphaned] })
}

async function passedBlock(
  rpc: JsonRpc,
  number: number,
): Promise<Result<PassedBlock, ChainFailure>> {
  const block = await readBlock(rpc, number)
  if (!block.ok) return block
  if (block.value !== undefined) return ok({ number, hash: block.value.hash, channelIds: [] })
  const method = 'eth_getBlockByNumber'
  return err(badAnswer({ origin: rpc.origin, method, detail: `no block ${number}` }))
}

/** One record for each block, in their order. */
function joinLogs(records: readonly PassedBlock[]): readonly PassedBlock[] {
  const blocks = new Map<string, PassedBlock>()
  for (const { number, hash, channelIds } of records) {
    const known = blocks.get(hash)?.channelIds ?? []
    blocks.set(hash, { number, hash, channelIds: [...new Set([...known, ...channelIds])] })
  }
  return [...blocks.values()].sort((a, b) => a.number - b.number)
}

async function readLogs(
  rpc: JsonRpc,
  { address, topics }: Watched,
  range: { readonly from: number; readonly to: number },
): Promise<Result<readonly SeenLog[], ChainFailure>> {
  const method = 'eth_getLogs'
  const answer = await rpc.call(method, [
    {
      address,
      fromBlock: hexQuantity(range.from),
      toBlock: hexQuantity(range.to),
      topics: [topics],
    },
  ])
  if (!answer.ok) return answer
  const logs = Array.isArray(answer.value) ? answer.value.map(readLog) : [undefined]
  if (logs.every((log) => log !== undefined)) return ok(logs)
  return err(badAnswer({ origin: rpc.origin, method, detail: 'no logs' }))
}

function readLog(log: unknown): SeenLog | undefined {
  const { blockNumber, blockHash, topics, data } = Object(log) as Record<string, unknown>
  const number = parseQuantity(blockNumber)
  if (number === undefined || !isBytes32(blockHash)) return undefined
  if (!Array.isArray(topics) || !topics.every(isBytes32) || typeof data !== 'string') {
    return undefined
  }
  const [, id] = topics
  if (id === undefined) return undefined
  const place = { number: Number(number), hash: bytes32(blockHash) }
  return { ...place, id: bytes32(id), topics, data }
}
