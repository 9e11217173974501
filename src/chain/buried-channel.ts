import { ok, type Result } from '../base/result.ts'
import type { ChannelOnChain } from '../domain/channel.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import { readHead, rpcAtBlock } from './blocks.ts'
import type { ChainFailure } from './chain-failure.ts'
import { readChannel } from './channel-settlement.ts'
import type { Contract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

type Asked = Parameters<typeof readChannel>[2]

/**
 * What a channel is good for: a deposit counts when `confirmations` blocks have it (its own included), while a withdrawal
 * and a claim count at once. Whoever deposits and is served before the deposit is final could take it back by a
 * reorganisation. `creditedAmount` of the balance counts whatever the blocks say, as long as it is there: somebody took that
 * risk, and taking it back would close a channel that lost nothing.
 */
export async function readBuriedChannel(
  rpc: JsonRpc,
  settlement: Contract,
  asked: {
    readonly channel: Asked
    readonly confirmations: number
    readonly creditedAmount?: AtomicAmount
  },
): Promise<Result<ChannelOnChain, ChainFailure>> {
  const { channel, confirmations, creditedAmount = atomic(0n) } = asked
  if (confirmations <= 1) return readChannel(rpc, settlement, channel)
  // The head first: what is read as "now" is then never older than what counts as buried.
  const head = await readHead(rpc)
  if (!head.ok) return head
  const buriedBlock = head.value.number - confirmations + 1
  const [now, buried] = await Promise.all([
    readChannel(rpc, settlement, channel),
    buriedBlock < 0 ? undefined : readChannel(rpcAtBlock(rpc, buriedBlock), settlement, channel),
  ])
  if (!now.ok) return now
  if (buried?.ok === false && buried.error.reason !== 'contract_missing') return buried
  // On a chain or in a contract that is younger than that block so is every deposit.
  const buriedAmount = buried?.ok === true ? buried.value.balance : 0n
  const counted = buriedAmount > creditedAmount ? buriedAmount : creditedAmount
  const { balance } = now.value
  return ok({ ...now.value, balance: balance < counted ? balance : atomic(counted) })
}
