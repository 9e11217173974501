import { join } from 'node:path'
import type { GatewayLog } from '../base/log.ts'
import { channelSettlementAt } from '../chain/channel-settlement.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { rpcOfTwo } from '../chain/rpc-of-two.ts'
import type { Sender } from '../chain/transactions.ts'
import type { GatewayConfig } from '../config.ts'
import { type Outbox, openOutbox } from '../settlement/outbox.ts'
import { type SettlementLoop, startSettlementLoop } from '../settlement/settlement-loop.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import { openSqliteOutbox } from '../store/outbox-store-sqlite.ts'

export const outboxFile = (dataFolder: string): string => join(dataFolder, 'outbox.db')

export type RunningSettlement = SettlementLoop & {
  /** Sends with the claim key, durably: the one lane of that key on this chain. */
  readonly sender: Sender
  readonly pendingChannels: Outbox['pendingChannels']
}

/** Outbox, claims and the watch of one chain. Throws StoreFailure when its file cannot be opened. */
export function openSettlement(terms: {
  readonly config: GatewayConfig
  readonly ledger: LedgerStore
  readonly log: GatewayLog
  readonly nowMs: () => number
  readonly store?: OutboxStore
}): RunningSettlement {
  const { config, ledger, log, nowMs } = terms
  const { chain, claims } = config
  const store = terms.store ?? openSqliteOutbox(outboxFile(config.dataFolder))
  const rpc = jsonRpc(chain.rpcUrl)
  const secondRpc = chain.secondRpcUrl === undefined ? undefined : jsonRpc(chain.secondRpcUrl)
  const outbox = openOutbox({
    rpc: rpcOfTwo(rpc, secondRpc),
    chainId: chain.chainId,
    privateKey: config.gateway.claimKey,
    store,
    confirmations: chain.confirmations,
    feeWeiMax: chain.feeWeiMax,
    log,
    nowMs,
  })
  const loop = startSettlementLoop({
    chainId: chain.chainId,
    settlement: channelSettlementAt(chain.settlement),
    rpc,
    secondRpc,
    outbox,
    notes: store,
    ledger,
    policy: {
      claim: { whenUnclaimed: claims.whenUnclaimed, everyMs: claims.everyS * 1000 },
      settle: { whenClaimed: claims.settleWhenClaimed, everyMs: claims.settleEveryS * 1000 },
      disagreementMax: chain.disagreementMax,
    },
    log,
    nowMs,
  })
  return {
    ...loop,
    sender: outbox.sender,
    pendingChannels: outbox.pendingChannels.bind(outbox),
    stop: async () => {
      await loop.stop()
      await outbox.stop()
      await store.close()
    },
  }
}
