import { ok, type Result } from '../base/result.ts'
import type { ChannelOnChain } from '../domain/channel.ts'
import { atomic } from '../domain/units.ts'
import { readHead, rpcAtBlock } from './blocks.ts'
import type { ChainFailure } from './chain-failure.ts'
import { readChannel } from './channel-settlement.ts'
import type { Contract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

type Asked = Parameters<typeof readChannel>[2]

/**
 * What a channel is good for: a deposit counts when `confirmations` blocks have it (its own included), while a withdrawal
 * and a claim count at once. Whoever deposits and is served before the deposit is final could take it back by a
 * reorganisation.
 */
export async function readBuriedChannel(
  rpc: JsonRpc,
  settlement: Contract,
  asked: { readonly channel: Asked; readonly confirmations: number },
): Promise<Result<ChannelOnChain, ChainFailure>> {
  const { channel, confirmations } = asked
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
  if (buried === undefined) return ok({ ...now.value, balance: atomic(0n) })
  if (!buried.ok) {
    // The contract is younger than that block: so is every deposit in it.
    const young = buried.error.reason === 'contract_missing'
    return young ? ok({ ...now.value, balance: atomic(0n) }) : buried
  }
  const balance =
    now.value.balance < buried.value.balance ? now.value.balance : buried.value.balance
  return ok({ ...now.value, balance })
}
