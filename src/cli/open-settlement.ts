import { join } from 'node:path'
import type { GatewayLog } from '../base/log.ts'
import { channelSettlementAt } from '../chain/channel-settlement.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { rpcOfTwo } from '../chain/rpc-of-two.ts'
import type { Sender } from '../chain/transactions.ts'
import type { GatewayConfig } from '../config.ts'
import type { ChainConfig } from '../config-chains.ts'
import { type Outbox, openOutbox } from '../settlement/outbox.ts'
import { type SettlementLoop, startSettlementLoop } from '../settlement/settlement-loop.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import { openSqliteOutbox } from '../store/outbox-store-sqlite.ts'
import { chainsOf, limitsOn } from './money-places.ts'

export const outboxFile = (dataFolder: string): string => join(dataFolder, 'outbox.db')

/** Who sends on one chain with the claim key, durably: its one lane there. */
export type ChainSender = {
  readonly sender: Sender
  readonly pendingChannels: Outbox['pendingChannels']
}

/** Of all chains; `sender` and `pendingChannels` are those of the home chain. */
export type RunningSettlement = SettlementLoop &
  ChainSender & {
    readonly on: (chainId: number) => ChainSender
    /** The claim key's durable lane on a chain; undefined where it has none. */
    readonly outboxOn: (chainId: number) => Pick<Outbox, 'sender' | 'find' | 'submit'> | undefined
  }

type Terms = {
  readonly config: GatewayConfig
  readonly ledger: LedgerStore
  readonly log: GatewayLog
  readonly nowMs: () => number
  readonly store?: OutboxStore
}

/**
 * Outbox, claims and the watch of every chain. Each has its own, so that one that does not answer holds up no other. Throws
 * StoreFailure when the outbox cannot be opened.
 */
export function openSettlement(terms: Terms): RunningSettlement {
  const { config, ledger } = terms
  const store = terms.store ?? openSqliteOutbox(outboxFile(config.dataFolder))
  const [homeChain, ...otherChains] = chainsOf(config)
  const home = openOnChain({ ...terms, store }, homeChain)
  const others = otherChains.map((chain) => openOnChain({ ...terms, store }, chain))
  const all = [home, ...others]
  const on = (chainId: number) => all.find((one) => one.chainId === chainId) ?? home
  const onAll = (act: (one: OnChain) => Promise<void>) => async () => {
    await Promise.all(all.map(act))
  }
  return {
    sender: home.sender,
    pendingChannels: home.pendingChannels,
    on,
    outboxOn: (chainId) => all.find((one) => one.chainId === chainId)?.outbox,
    claimNow: onAll(({ loop }) => loop.claimNow()),
    watchNow: onAll(({ loop }) => loop.watchNow()),
    refund: async (channelId) => {
      const channel = await ledger.channel(channelId)
      return on(channel?.chainId ?? home.chainId).loop.refund(channelId)
    },
    stop: async () => {
      await Promise.all(all.map(({ stop }) => stop()))
      await store.close()
    },
  }
}

type OnChain = ChainSender & {
  readonly chainId: number
  readonly outbox: Outbox
  readonly loop: SettlementLoop
  readonly stop: () => Promise<void>
}

function openOnChain(
  terms: Terms & { readonly store: OutboxStore },
  { chainId, ...chain }: ChainConfig,
): OnChain {
  const { config, ledger, log, nowMs, store } = terms
  const { claims } = config
  const rpc = jsonRpc(chain.rpcUrl)
  const secondRpc = chain.secondRpcUrl === undefined ? undefined : jsonRpc(chain.secondRpcUrl)
  const outbox = openOutbox({
    rpc: rpcOfTwo(rpc, secondRpc),
    chainId,
    privateKey: config.gateway.claimKey,
    store,
    confirmations: chain.confirmations,
    feeWeiMax: chain.feeWeiMax,
    log,
    nowMs,
  })
  const loop = startSettlementLoop({
    chainId,
    settlement: channelSettlementAt(chain.settlement),
    rpc,
    secondRpc,
    confirmations: chain.confirmations,
    outbox,
    notes: store,
    ledger,
    policy: {
      claim: { whenUnclaimed: claims.whenUnclaimed, everyMs: claims.everyS * 1000 },
      settle: { whenClaimed: claims.settleWhenClaimed, everyMs: claims.settleEveryS * 1000 },
      disagreementMax: config.chain.disagreementMax,
    },
    limitIn: limitsOn(config, chainId),
    log,
    nowMs,
  })
  return {
    chainId,
    outbox,
    sender: outbox.sender,
    pendingChannels: outbox.pendingChannels.bind(outbox),
    loop,
    stop: async () => {
      await loop.stop()
      await outbox.stop()
    },
  }
}
