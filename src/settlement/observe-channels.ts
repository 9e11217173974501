import { chainReadsAtOnceMax } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import type { Channel, ChannelOnChain } from '../domain/channel.ts'
import { type Address, type AtomicAmount, type Bytes32, unixSecondsOf } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import { type ChainEyes, readView } from './chain-views.ts'

export type Observer = ChainEyes & {
  readonly ledger: Pick<LedgerStore, 'channel' | 'channels' | 'observeChain' | 'setFrozen'>
  readonly notes: Pick<OutboxStore, 'note' | 'setNote'>
  readonly log: GatewayLog
  readonly nowMs: () => number
  /** Two nodes may differ by this much before the channel is frozen. */
  readonly disagreementMax: (token: Address) => AtomicAmount
  /** Channels that a refund is on its way for: they are closing, whatever the chain says yet. */
  readonly refunding: () => Promise<ReadonlySet<Bytes32>>
  /**
   * What the chain says was claimed where that is less than the ledger knows: the chain went back further than what counts
   * as final, and the claim is made again.
   */
  readonly wentBack: Map<Bytes32, AtomicAmount>
}

/** Tells the ledger what the chain says of these channels. False when the chain could not be read. */
export async function observeChannels(
  observer: Observer,
  channels: readonly Channel[],
  reorganised = false,
): Promise<boolean> {
  const refunding = channels.length === 0 ? new Set<Bytes32>() : await observer.refunding()
  for (let i = 0; i < channels.length; i += chainReadsAtOnceMax) {
    const failures = await Promise.all(
      channels.slice(i, i + chainReadsAtOnceMax).map((channel) =>
        observe(observer, channel, {
          isRefunding: refunding.has(channel.channelId),
          reorganised,
        }),
      ),
    )
    const failure = failures.find((found) => found !== undefined)
    if (failure === undefined) continue
    observer.log.error('chain_not_read', { detail: describeChainFailure(failure) })
    return false
  }
  return true
}

async function observe(
  observer: Observer,
  channel: Channel,
  circumstances: { readonly isRefunding: boolean; readonly reorganised: boolean },
): Promise<ChainFailure | undefined> {
  const { ledger, wentBack, nowMs } = observer
  const { channelId } = channel
  const view = await readView(observer, channel)
  if (!view.ok) return view.error
  const { onChain, disagreement } = view.value
  if (disagreement > observer.disagreementMax(channel.config.token)) {
    await freeze(observer, channel, 'chain_views_differ')
  } else if (circumstances.reorganised && onChain.balance < channel.balance) {
    await freeze(observer, channel, 'deposit_vanished')
  } else {
    await thaw(observer, channel, onChain)
  }
  if (onChain.totalClaimed < channel.totalClaimed) wentBack.set(channelId, onChain.totalClaimed)
  else wentBack.delete(channelId)
  // A refund takes money out as a withdrawal does that is final now.
  const withdrawFinalAtS =
    onChain.withdrawFinalAtS ?? (circumstances.isRefunding ? unixSecondsOf(nowMs()) : undefined)
  await ledger.observeChain(channelId, { ...onChain, withdrawFinalAtS })
  return undefined
}

export const frozenKey = 'frozen:'

async function freeze(observer: Observer, { channelId, frozen }: Channel, reason: string) {
  if (frozen) return
  observer.log.error('channel_frozen', { channelId, reason })
  await observer.notes.setNote(frozenKey + channelId, reason)
  await observer.ledger.setFrozen(channelId, true)
}

/** Undoes only what `freeze` did, once its reason is gone. */
async function thaw(observer: Observer, channel: Channel, onChain: ChannelOnChain) {
  if (!channel.frozen || onChain.balance < channel.balance) return
  const key = frozenKey + channel.channelId
  if ((await observer.notes.note(key)) === undefined) return
  observer.log.info('channel_thawed', { channelId: channel.channelId })
  await observer.ledger.setFrozen(channel.channelId, false)
  await observer.notes.setNote(key, undefined)
}
