import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type Contract, readContract } from '../chain/contracts.ts'
import { depositCall } from '../chain/deposit.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { type Sender, sendCall, type TransactionKind } from '../chain/transactions.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import { type EscrowPolicy, topUpAmount } from '../domain/payout-escrow.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'

/** How deposits are made. Without it the treasury's owner makes them, and we only tell when they are due. */
export type Treasury = {
  readonly settlement: Contract
  readonly collector: Address
  /** The token's own EIP-712 domain. */
  readonly tokenDomain: DomainSeparator
  readonly treasuryKey: PrivateKey
  readonly sender: Sender
  /** Channels that a transaction of this kind is on its way for: what was decided before a crash is not decided again. */
  readonly pendingChannels: (kind: TransactionKind) => Promise<ReadonlySet<Bytes32>>
}

/** An authorization that got into no block in this time is worthless, and a new one is signed. */
const authorizationValidS = 3_600

export type Due = { readonly payout: Payout; readonly amount: AtomicAmount }

/** The channels that need money, the neediest first: a treasury that cannot serve all serves those who wait for theirs. */
export const duePayouts = (
  payouts: readonly Payout[],
  policy: EscrowPolicy,
  earnedPerDay: (payout: Payout) => AtomicAmount,
): readonly Due[] =>
  payouts
    .map((payout) => ({ payout, amount: topUpAmount(payout, policy, earnedPerDay(payout)) }))
    .filter(({ amount }) => amount > 0n)
    .sort((a, b) => (a.amount > b.amount ? -1 : a.amount < b.amount ? 1 : 0))

/** Deposits what is due, or what is there. Answers the amount; zero where a deposit is on its way already. */
export async function topUp(
  treasury: Treasury,
  due: Due & { readonly available: AtomicAmount; readonly nowS: UnixSeconds },
): Promise<Result<AtomicAmount, ChainFailure>> {
  const { payoutId, config, balance } = due.payout
  const amount = due.amount < due.available ? due.amount : due.available
  const pending = await treasury.pendingChannels('payout-deposit')
  if (amount === 0n || pending.has(payoutId)) return ok(atomic(0n))
  const validBefore = unixSeconds(due.nowS + authorizationValidS)
  const call = await depositCall({
    settlement: treasury.settlement,
    collector: treasury.collector,
    tokenDomain: treasury.tokenDomain,
    channel: { channelId: payoutId, config },
    amount,
    validBefore,
    payerKey: treasury.treasuryKey,
  })
  const sent = await sendCall(treasury.sender, call, {
    intentId: `payout-deposit:${payoutId}:${balance}:${validBefore}`,
    kind: 'payout-deposit',
    channelIds: [payoutId],
  })
  return sent.ok ? ok(amount) : err(sent.error)
}

const erc20Abi = ['function balanceOf(address account) view returns (uint256)']

export async function readTokenBalance(
  rpc: JsonRpc,
  holding: { readonly token: Address; readonly account: Address },
): Promise<Result<AtomicAmount, ChainFailure>> {
  const read = await readContract(rpc, {
    contract: { name: 'the payout token', address: holding.token, abi: erc20Abi },
    functionName: 'balanceOf',
    args: [holding.account],
  })
  if (!read.ok) return read
  const balance = read.value[0] as bigint
  // A token may say any uint256; more than an amount can be is as good as the most that it can be.
  return ok(atomic(balance < 2n ** 128n ? balance : 2n ** 128n - 1n))
}
