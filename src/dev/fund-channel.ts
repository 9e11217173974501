import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readChannel } from '../chain/channel-settlement.ts'
import { channelDomain, channelIdOf } from '../chain/channel-typed-data.ts'
import type { Contract } from '../chain/contracts.ts'
import { depositCall } from '../chain/deposit.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import { devUsd, devUsdDomain } from './dev-contracts.ts'
import { mintUpTo } from './mint-up-to.ts'

/** What one deposit brings. */
const devDepositAmount: AtomicAmount = devUsd(100n)
/** What a voucher allows beyond what was charged: the most that the payer trusts the gateway with. */
export const devTrancheAmount: AtomicAmount = devUsd(5n)

const authorizationValidS = 3_600

export type FundedChannel = {
  readonly channelId: Bytes32
  readonly config: ChannelConfig
  readonly balance: AtomicAmount
}

/**
 * Deposits into the channel when less than a tranche of it is unclaimed. The balance on the chain decides, so that a deposit
 * is never made twice.
 */
export async function fundChannel(terms: {
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly asset: Contract
  readonly settlement: Contract
  readonly collector: Address
  readonly config: ChannelConfig
  /** Pays the gas; the money is the payer's. */
  readonly relayer: Sender
  readonly payerKey: PrivateKey
  readonly nowS: UnixSeconds
}): Promise<Result<FundedChannel, ChainFailure>> {
  const { rpc, chainId, asset, settlement, config, relayer, payerKey, nowS } = terms
  const domain = channelDomain({ chainId, verifyingContract: settlement.address })
  const channel = { channelId: channelIdOf(domain, config), config }
  const before = await readChannel(rpc, settlement, channel)
  if (!before.ok) return before
  const { balance, totalClaimed } = before.value
  if (balance - totalClaimed >= devTrancheAmount) return ok({ ...channel, balance })

  const minted = await mintUpTo({
    rpc,
    asset,
    minter: relayer,
    to: config.payer,
    amount: devDepositAmount,
  })
  if (!minted.ok) return minted
  const deposit = await depositCall({
    settlement,
    collector: terms.collector,
    tokenDomain: devUsdDomain({ chainId, verifyingContract: asset.address }),
    channel,
    amount: devDepositAmount,
    validBefore: unixSeconds(nowS + authorizationValidS),
    payerKey,
  })
  const sent = await sendCall(relayer, deposit)
  return sent.ok ? ok({ ...channel, balance: atomic(balance + devDepositAmount) }) : sent
}
