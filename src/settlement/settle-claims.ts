import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readUnsettledAmount, settleCall } from '../chain/channel-settlement.ts'
import { sendCall } from '../chain/transactions.ts'
import type { Channel, ChannelConfig } from '../domain/channel.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import type { ClaimLane } from './claim-lane.ts'

/** When what was claimed is worth a payout. */
export type SettlePolicy = {
  readonly whenClaimed: AtomicAmount
  /** Nothing stays unpaid for longer, whatever restarts in between. */
  readonly everyMs: number
}

export type SettleAccount = Pick<ChannelConfig, 'receiver' | 'token'> & {
  /** The same accounts may stand on several chains. */
  readonly chainId: number
}

type Settler = ClaimLane & {
  readonly notes: Pick<OutboxStore, 'note' | 'setNote'>
  readonly nowMs: () => number
}

/** What is claimed and not yet paid out, since when: as it is written down. The amount is decimal text. */
export type UnsettledNote = SettleAccount & { readonly sinceMs: number; readonly amount: string }
export const unsettledKey = 'unsettled:'

/**
 * Has the contract pay out what is claimed for `account`, when it is due by the policy (undefined: in any case). Answers the
 * amount; zero when nothing was due.
 */
export async function settleClaims(
  settler: Settler,
  account: SettleAccount,
  policy: SettlePolicy | undefined,
): Promise<Result<AtomicAmount, ChainFailure>> {
  const unsettled = await readUnsettledAmount(settler.rpc, settler.settlement, account)
  if (!unsettled.ok) return unsettled
  const { chainId, receiver, token } = account
  const key = `${unsettledKey}${chainId}:${receiver}:${token}`
  const amount = unsettled.value
  const text = await settler.notes.note(key)
  if (amount === 0n) {
    if (text !== undefined) await settler.notes.setNote(key, undefined)
    return unsettled
  }
  const before = text === undefined ? undefined : (JSON.parse(text) as UnsettledNote)
  const sinceMs = before?.sinceMs ?? settler.nowMs()
  const note: UnsettledNote = { ...account, sinceMs, amount: String(amount) }
  if (note.amount !== before?.amount) await settler.notes.setNote(key, JSON.stringify(note))
  if (policy !== undefined && !isDue(policy, amount, settler.nowMs() - sinceMs)) {
    return ok(atomic(0n))
  }
  // The same payout has the same name, so that a round that is not yet answered is not paid for twice; one that reverted is
  // tried again in another hour.
  const hour = Math.floor(settler.nowMs() / hourMs)
  const intentId = `settle:${chainId}:${receiver}:${token}:${sinceMs}:${amount}:${hour}`
  const call = settleCall(settler.settlement, account)
  const sent = await sendCall(settler.sender, call, { intentId, kind: 'settle' })
  if (sent.ok) await settler.notes.setNote(key, undefined)
  return sent.ok ? unsettled : sent
}

const hourMs = 3_600_000

const isDue = (policy: SettlePolicy, amount: AtomicAmount, ageMs: number): boolean =>
  amount >= policy.whenClaimed || ageMs >= policy.everyMs

/** Every account that channels pay into. */
export const accountsOf = (channels: readonly Channel[]): readonly SettleAccount[] => [
  ...new Map(
    channels.map(({ chainId, config: { receiver, token } }) => [
      `${chainId}:${receiver}:${token}`,
      { chainId, receiver, token },
    ]),
  ).values(),
]
