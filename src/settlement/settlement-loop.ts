/*
 * Turns charges into money, at its own pace. It keeps no state of its own that matters: what is to be claimed follows from
 * the ledger, what was claimed from the chain, so that a crash anywhere is repaired by the next round.
 */
import { settlementIntervalMs } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { readChannel } from '../chain/channel-settlement.ts'
import type { Channel, ChannelConfig } from '../domain/channel.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { type ClaimPolicy, ClaimSchedule } from './claim-schedule.ts'
import { type ClaimLane, claimVouchers, settleClaims } from './claim-vouchers.ts'

export type SettlementLoop = {
  /** Claims and settles everything that was charged so far, whatever the policy says. Never rejects. */
  readonly claimNow: () => Promise<void>
  /** Starts no further round and waits for the one that runs. Claims nothing by itself. */
  readonly stop: () => Promise<void>
}

type Settlement = ClaimLane & {
  readonly ledger: Pick<LedgerStore, 'channels' | 'observeChain'>
  readonly policy: ClaimPolicy
  readonly log: GatewayLog
  readonly nowMs: () => number
}

export function startSettlementLoop(settlement: Settlement): SettlementLoop {
  const schedule = new ClaimSchedule(settlement.policy)
  let lane: Promise<void> = Promise.resolve()
  let queued = 0

  // One round after the other: two at once would claim the same rows.
  const enqueue = (everything: boolean): Promise<void> => {
    queued += 1
    lane = lane.then(async () => {
      await runRound(settlement, schedule, everything)
      queued -= 1
    })
    return lane
  }
  const timer = setInterval(() => {
    // A round that takes longer than the interval is not followed by a crowd.
    if (queued === 0) void enqueue(false)
  }, settlementIntervalMs)
  timer.unref()
  return {
    claimNow: () => enqueue(true),
    stop: () => {
      clearInterval(timer)
      return lane
    },
  }
}

/** One look at the ledger and the chain. Whatever fails is logged and tried again by a later round. */
async function runRound(
  settlement: Settlement,
  schedule: ClaimSchedule,
  everything: boolean,
): Promise<void> {
  const { ledger, log, nowMs } = settlement
  try {
    await observe(settlement, (await ledger.channels()).filter(isExposed))
    const channels = await ledger.channels()
    const due = schedule.choose(channels, nowMs())
    await claim(settlement, schedule, everything ? schedule.claimable(channels) : due)
    // A payout that failed before has nothing new to claim, so it is found only by asking for every account.
    await settle(settlement, everything ? channels : due)
  } catch (error) {
    // The store failed: it says so itself and takes the gateway out of service. The loop only must not die of it.
    log.error('settlement_round_failed', { error: error instanceof Error ? error.name : 'unknown' })
  }
}

async function claim(
  settlement: Settlement,
  schedule: ClaimSchedule,
  channels: readonly Channel[],
): Promise<void> {
  if (channels.length === 0) return
  const { log } = settlement
  const outcome = await claimVouchers(settlement, channels)
  schedule.noteRefused(outcome.refused.map(({ channel }) => channel))
  await observe(settlement, outcome.claimed)
  if (outcome.claimed.length > 0) log.info('vouchers_claimed', { channels: outcome.claimed.length })
  for (const { channel, failure } of outcome.refused) {
    const detail = describeChainFailure(failure)
    log.error('claim_refused', { channelId: channel.channelId, detail })
  }
  if (outcome.interrupted !== undefined) logFailure(log, 'claim_failed', outcome.interrupted)
}

async function settle(settlement: Settlement, channels: readonly Channel[]): Promise<void> {
  const { log } = settlement
  for (const account of accountsOf(channels)) {
    const settled = await settleClaims(settlement, account)
    if (!settled.ok) logFailure(log, 'settle_failed', settled.error)
    else if (settled.value > 0n) {
      log.info('claims_settled', { ...account, amountAtomic: String(settled.value) })
    }
  }
}

/** Tells the ledger what the chain says of these channels. */
async function observe(
  { rpc, settlement, ledger, log }: Settlement,
  channels: readonly Channel[],
): Promise<void> {
  for (const channel of channels) {
    const onChain = await readChannel(rpc, settlement, channel)
    if (!onChain.ok) return logFailure(log, 'chain_not_read', onChain.error)
    await ledger.observeChain(channel.channelId, onChain.value)
  }
}

/** Where the payer could still take along what is owed: only there does the chain's view matter each round. */
const isExposed = (channel: Channel): boolean =>
  channel.heldAmount > 0n || channel.chargedCumulativeAmount > channel.totalClaimed

type Account = Pick<ChannelConfig, 'receiver' | 'token'>

const accountsOf = (channels: readonly Channel[]): Iterable<Account> =>
  new Map(
    channels.map(({ config: { receiver, token } }) => [receiver + token, { receiver, token }]),
  ).values()

const logFailure = (log: GatewayLog, event: string, failure: ChainFailure): void =>
  log.error(event, { detail: describeChainFailure(failure) })
