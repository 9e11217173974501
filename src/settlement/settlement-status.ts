import type { Channel } from '../domain/channel.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import type { UsdBook } from '../domain/usd-book.ts'
import { isOpenState, type OutboxEntry, type OutboxStore } from '../store/outbox-store.ts'
import { frozenKey } from './observe-channels.ts'
import { type QuarantinedRow, readQuarantine } from './quarantine.ts'
import { type UnsettledNote, unsettledKey } from './settle-claims.ts'

/** Where the money is between a charge and a wallet. Amounts are decimal text in atomic units, times Unix milliseconds. */
export type SettlementStatus = {
  /** Over all chains and assets, in micro-dollars: what answers were charged, and what contributors earned of it. */
  readonly dollars: { readonly charged: string; readonly earned: string; readonly margin: string }
  readonly chains: readonly TokenStatus[]
  readonly unclaimed: readonly { readonly channelId: string; readonly amount: string }[]
  readonly unsettled: readonly UnsettledNote[]
  readonly quarantined: readonly QuarantinedRow[]
  readonly withdrawals: readonly {
    readonly channelId: string
    /** Unix seconds. */
    readonly finalAtS: number
    /** What must be claimed before that. */
    readonly unclaimed: string
    readonly held: string
  }[]
  readonly frozen: readonly { readonly channelId: string; readonly reason: string }[]
  readonly pending: readonly PendingTransaction[]
  /** The newest that had no effect. */
  readonly failed: readonly {
    readonly intentId: string
    readonly kind: string
    readonly atMs: number
    readonly reason: string
  }[]
}

/** One token on one chain. */
type TokenStatus = {
  readonly chainId: number
  readonly token: string
  readonly charged: string
  /** Claimed of what was charged. */
  readonly collected: string
  /** Earned by contributors and not claimed by them. */
  readonly owed: string
  /** Lies in channels for contributors. */
  readonly escrow: string
}

type PendingTransaction = {
  readonly intentId: string
  readonly kind: string
  readonly state: string
  readonly createdAtMs: number
  readonly nonce: number | undefined
  /** How often it was signed; more than once: replaced by one with higher fees. */
  readonly attempts: number
  readonly maxFeeWeiPerGas: string | undefined
  readonly transactionHash: string | undefined
  readonly blockNumber: number | undefined
}

/** What the ledger knows; store/ledger-snapshot-sqlite.ts reads it from a file. */
type Books = {
  readonly channels: readonly Channel[]
  readonly payouts: readonly Payout[]
  readonly usdBook: UsdBook
}

const recentEntriesMax = 1_000
const failedShownMax = 10

export async function settlementStatus(
  { channels, payouts, usdBook }: Books,
  outbox: Pick<OutboxStore, 'recent' | 'notes'>,
): Promise<SettlementStatus> {
  const entries = await outbox.recent(recentEntriesMax)
  const unsettled = await outbox.notes(unsettledKey)
  const reasons = new Map((await outbox.notes(frozenKey)).map(({ key, text }) => [key, text]))
  const { chargedMicroUsd: charged, earnedMicroUsd: earned } = usdBook
  return {
    dollars: {
      charged: String(charged),
      earned: String(earned),
      margin: String(charged - earned),
    },
    chains: tokensOf(channels, payouts),
    unclaimed: channels
      .filter((channel) => unclaimedOf(channel) > 0n)
      .map((channel) => ({ channelId: channel.channelId, amount: String(unclaimedOf(channel)) })),
    unsettled: unsettled.map(({ text }) => JSON.parse(text) as UnsettledNote),
    quarantined: await readQuarantine(outbox),
    withdrawals: channels.flatMap((channel) =>
      channel.withdrawFinalAtS === undefined
        ? []
        : [
            {
              channelId: channel.channelId,
              finalAtS: channel.withdrawFinalAtS,
              unclaimed: String(unclaimedOf(channel)),
              held: String(channel.heldAmount),
            },
          ],
    ),
    frozen: channels
      .filter(({ frozen }) => frozen)
      .map(({ channelId }) => ({
        channelId,
        reason: reasons.get(frozenKey + channelId) ?? 'frozen by a person',
      })),
    pending: entries
      .filter(({ state }) => isOpenState(state))
      .map(pendingOf)
      .reverse(),
    failed: entries
      .filter(({ state }) => state === 'failed')
      .slice(0, failedShownMax)
      .map(({ intentId, kind, createdAtMs, failure }) => ({
        intentId,
        kind,
        atMs: createdAtMs,
        reason: failure?.message ?? 'unknown',
      })),
  }
}

/** Every token that is taken or paid in, chain by chain. */
function tokensOf(
  channels: readonly Channel[],
  payouts: readonly Payout[],
): readonly TokenStatus[] {
  const placeOf = ({ chainId, config }: Pick<Channel, 'chainId' | 'config'>): string =>
    `${chainId} ${config.token}`
  const places = new Set([...channels.map(placeOf), ...payouts.map(placeOf)])
  return [...places].sort().map((place) => {
    const [chainId, token = ''] = place.split(' ')
    const taken = channels.filter((channel) => placeOf(channel) === place)
    const paid = payouts.filter((payout) => placeOf(payout) === place)
    return {
      chainId: Number(chainId),
      token,
      charged: sumOf(taken, (channel) => channel.chargedCumulativeAmount),
      collected: sumOf(taken, (channel) => channel.totalClaimed),
      owed: sumOf(paid, (payout) => payout.earnedAmount - payout.totalClaimed),
      escrow: sumOf(paid, (payout) => payout.balance - payout.totalClaimed),
    }
  })
}

const sumOf = <T>(rows: readonly T[], amountOf: (row: T) => bigint): string =>
  String(rows.reduce((sum, row) => sum + amountOf(row), 0n))

const unclaimedOf = (channel: Channel): bigint =>
  channel.chargedCumulativeAmount - channel.totalClaimed

function pendingOf(entry: OutboxEntry): PendingTransaction {
  const last = entry.attempts.at(-1)
  return {
    intentId: entry.intentId,
    kind: entry.kind,
    state: entry.state,
    createdAtMs: entry.createdAtMs,
    nonce: entry.nonce,
    attempts: entry.attempts.length,
    maxFeeWeiPerGas: last === undefined ? undefined : String(last.maxFeePerGas),
    transactionHash: entry.inclusion?.transactionHash ?? last?.transactionHash,
    blockNumber: entry.inclusion?.blockNumber,
  }
}
