import { describeChainFailure } from '../chain/chain-failure.ts'
import { channelSettlementAt, readChannel } from '../chain/channel-settlement.ts'
import { channelDomain, voucherDigest } from '../chain/channel-typed-data.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { signDigest } from '../chain/signatures.ts'
import type { DevChain } from '../dev/bootstrap-chain.ts'
import { devTrancheAmount } from '../dev/fund-channel.ts'
import type { Channel } from '../domain/channel.ts'
import { type AtomicAmount, atomic, type Signature } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import type { RunningGateway } from './start-gateway.ts'

/**
 * The payer's part of the development mode: its session key signs what was charged so far plus one tranche and sends that
 * voucher to the gateway by HTTP, as any payer does. Answers the channel's book afterwards.
 */
export async function fundTranche(gateway: RunningGateway, devChain: DevChain): Promise<Channel> {
  const { channel, contracts, chainId, keys } = devChain
  const settlement = channelSettlementAt(contracts.settlement)
  const onChain = await readChannel(jsonRpc(devChain.rpcUrl), settlement, channel)
  if (!onChain.ok) throw new CommandFailure(describeChainFailure(onChain.error))
  const book = await gateway.ledger.channel(channel.channelId)
  const charged = book?.chargedCumulativeAmount ?? onChain.value.totalClaimed
  const wanted = charged + devTrancheAmount
  const { balance } = onChain.value
  const maxClaimableAmount = atomic(wanted < balance ? wanted : balance)
  const domain = channelDomain({ chainId, verifyingContract: contracts.settlement })
  const digest = voucherDigest(domain, { channelId: channel.channelId, maxClaimableAmount })
  await send(gateway, devChain, { maxClaimableAmount, signature: signDigest(digest, keys.session) })
  const after = await gateway.ledger.channel(channel.channelId)
  if (after === undefined) throw new CommandFailure('the gateway did not open the channel')
  return after
}

async function send(
  gateway: RunningGateway,
  devChain: DevChain,
  voucher: { readonly maxClaimableAmount: AtomicAmount; readonly signature: Signature },
): Promise<void> {
  const answer = await fetch(`${gateway.origin}/v1/billing/vouchers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      channelConfig: devChain.channel.config,
      maxClaimableAmount: String(voucher.maxClaimableAmount),
      signature: voucher.signature,
    }),
  })
  if (answer.ok) return
  const { error } = (await answer.json()) as { error: { message: string } }
  throw new CommandFailure(`the gateway did not take the voucher: ${error.message}`)
}
