import { err, ok, type Result } from '../base/result.ts'
import type { ChannelConfig, ChannelOnChain } from '../domain/channel.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  type Signature,
  unixSeconds,
} from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import { channelSettlementAbi } from './generated/channel-settlement.ts'
import type { JsonRpc } from './json-rpc.ts'

/** Where x402's batch-settlement contract stands on every chain that has it. */
export const canonicalSettlementAddress = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003' as Address

/** Where x402's collector of ERC-3009 deposits stands beside it. */
export const canonicalCollectorAddress = '0x4020806089470a89826cb9fb1f4059150b550004' as Address

export const channelSettlementAt = (address: Address): Contract => ({
  name: 'ChannelSettlement',
  address,
  abi: channelSettlementAbi,
})

/** One row of a claim: a voucher as it was signed, and how much of it is taken. Both amounts are cumulative. */
export type ClaimRow = {
  readonly channelId: Bytes32
  readonly config: ChannelConfig
  readonly maxClaimableAmount: AtomicAmount
  readonly signature: Signature
  readonly totalClaimed: AtomicAmount
}

/** What the chain says of a channel now. A channel that nobody opened reads as empty. */
export async function readChannel(
  rpc: JsonRpc,
  settlement: Contract,
  channel: { readonly channelId: Bytes32; readonly config: ChannelConfig },
): Promise<Result<ChannelOnChain, ChainFailure>> {
  const args = [channel.channelId]
  const [amounts, withdrawal] = await Promise.all([
    readContract(rpc, { contract: settlement, functionName: 'channels', args }),
    readContract(rpc, { contract: settlement, functionName: 'pendingWithdrawals', args }),
  ])
  if (!amounts.ok) return amounts
  if (!withdrawal.ok) return withdrawal
  const [balance, totalClaimed] = amounts.value as readonly [bigint, bigint]
  const [pendingAmount, initiatedAt] = withdrawal.value as readonly [bigint, bigint]
  return ok({
    balance: atomic(balance),
    totalClaimed: atomic(totalClaimed),
    withdrawFinalAtS:
      pendingAmount === 0n
        ? undefined
        : unixSeconds(Number(initiatedAt) + channel.config.withdrawDelay),
  })
}

/** What was claimed for `receiver` and is not yet paid to it. */
export async function readUnsettledAmount(
  rpc: JsonRpc,
  settlement: Contract,
  account: { readonly receiver: Address; readonly token: Address },
): Promise<Result<AtomicAmount, ChainFailure>> {
  const state = await readContract(rpc, {
    contract: settlement,
    functionName: 'receivers',
    args: [account.receiver, account.token],
  })
  if (!state.ok) return err(state.error)
  const [totalClaimed, totalSettled] = state.value as readonly [bigint, bigint]
  return ok(atomic(totalClaimed - totalSettled))
}

/** Books all rows or none. The sender must be receiver or receiverAuthorizer of each. Replays do no harm. */
export const claimCall = (settlement: Contract, rows: readonly ClaimRow[]): ContractCall => ({
  contract: settlement,
  functionName: 'claim',
  args: [
    rows.map((row) => ({
      voucher: { channel: row.config, maxClaimableAmount: row.maxClaimableAmount },
      signature: row.signature,
      totalClaimed: row.totalClaimed,
    })),
  ],
})

/** Pays the receiver everything that is claimed and not yet settled; a no-op when nothing is. Anyone may send it. */
export const settleCall = (
  settlement: Contract,
  account: { readonly receiver: Address; readonly token: Address },
): ContractCall => ({
  contract: settlement,
  functionName: 'settle',
  args: [account.receiver, account.token],
})
