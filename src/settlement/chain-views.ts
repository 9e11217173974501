/*
 * What the chain says of a channel, as two nodes see it. Either is enough to see a withdrawal; where they differ, the view
 * that is worse for us counts, and a large difference freezes the channel: one of the two lies or is lost.
 */
import { err, ok, type Result } from '../base/result.ts'
import { readHead, rpcAtBlock } from '../chain/blocks.ts'
import { readBuriedChannel } from '../chain/buried-channel.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readChannel } from '../chain/channel-settlement.ts'
import type { Contract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { Channel, ChannelOnChain } from '../domain/channel.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'

export type ChainEyes = {
  readonly settlement: Contract
  readonly rpc: JsonRpc
  readonly secondRpc: JsonRpc | undefined
  /** Blocks that must have a deposit before it counts. */
  readonly confirmations: number
}

export type ChainView = {
  readonly onChain: ChannelOnChain
  /** By how much two nodes differ at the same block; zero with one node. */
  readonly disagreement: AtomicAmount
}

/** `balance` is what it has credit for already. */
type Asked = Pick<Channel, 'channelId' | 'config' | 'balance'>

export async function readView(
  eyes: ChainEyes,
  channel: Asked,
): Promise<Result<ChainView, ChainFailure>> {
  const { rpc, secondRpc, settlement, confirmations } = eyes
  const asked = { channel, confirmations, creditedAmount: channel.balance }
  const [first, second] = await Promise.all([
    readBuriedChannel(rpc, settlement, asked),
    secondRpc === undefined ? undefined : readBuriedChannel(secondRpc, settlement, asked),
  ])
  if (second === undefined || !second.ok) return first.ok ? ok(alone(first.value)) : first
  if (!first.ok) return ok(alone(second.value))
  const onChain = worseOf(first.value, second.value)
  if (differenceOf(first.value, second.value) === 0n) return ok(alone(onChain))
  const disagreement = await differenceAtOneBlock(eyes, channel)
  if (disagreement.ok) return ok({ onChain, disagreement: disagreement.value })
  // A node that knows the newest state but not the one a block earlier: what they said first must do.
  return ok({ onChain, disagreement: differenceOf(first.value, second.value) })
}

const alone = (onChain: ChannelOnChain): ChainView => ({ onChain, disagreement: atomic(0n) })

/** Nodes are seldom at the same block, so a difference of their newest views says little. */
async function differenceAtOneBlock(
  { rpc, secondRpc, settlement }: ChainEyes,
  channel: Asked,
): Promise<Result<AtomicAmount, ChainFailure>> {
  if (secondRpc === undefined) return ok(atomic(0n))
  const heads = await Promise.all([readHead(rpc), readHead(secondRpc)])
  if (!heads[0].ok) return err(heads[0].error)
  if (!heads[1].ok) return err(heads[1].error)
  const number = Math.min(heads[0].value.number, heads[1].value.number)
  const views = await Promise.all(
    [rpc, secondRpc].map((node) => readChannel(rpcAtBlock(node, number), settlement, channel)),
  )
  const [first, second] = views
  if (first === undefined || second === undefined) return ok(atomic(0n))
  if (!first.ok) return first
  return second.ok ? ok(differenceOf(first.value, second.value)) : second
}

const differenceOf = (a: ChannelOnChain, b: ChannelOnChain): AtomicAmount =>
  atomic(larger(distance(a.balance, b.balance), distance(a.totalClaimed, b.totalClaimed)))

/** The less money and the earlier withdrawal: it may be the truth. */
const worseOf = (a: ChannelOnChain, b: ChannelOnChain): ChannelOnChain => ({
  balance: a.balance < b.balance ? a.balance : b.balance,
  totalClaimed: a.totalClaimed < b.totalClaimed ? a.totalClaimed : b.totalClaimed,
  withdrawFinalAtS:
    a.withdrawFinalAtS === undefined || b.withdrawFinalAtS === undefined
      ? (a.withdrawFinalAtS ?? b.withdrawFinalAtS)
      : a.withdrawFinalAtS < b.withdrawFinalAtS
        ? a.withdrawFinalAtS
        : b.withdrawFinalAtS,
})

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a)
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
