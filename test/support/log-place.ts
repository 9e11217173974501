/*
 * Everything around the publisher of a log: a real chain with a ReceiptAnchor, accounts that anchor through a real outbox,
 * and receipts that tests add by hand.
 */
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import type { Address, Bytes32 } from '../../src/domain/units.ts'
import { openOutbox } from '../../src/settlement/outbox.ts'
import type { LogStore } from '../../src/store/log-store.ts'
import { openSqliteLog } from '../../src/store/log-store-sqlite.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import { BatchAnchorer } from '../../src/transparency/anchor-batches.ts'
import { BatchCloser } from '../../src/transparency/close-batches.ts'
import { LogPublisher } from '../../src/transparency/log-publisher.ts'
import { LogReader } from '../../src/transparency/log-reader.ts'
import type { LogMirror } from '../../src/transparency/mirror-folder.ts'
import type { TimestampRoot } from '../../src/transparency/timestamp-root.ts'
import { startDevChain, type TestDevChain } from './dev-chain.ts'
import { chainId, gwei, quiet } from './outbox-chain.ts'
import { testKey } from './signed-receipt.ts'

export type LogChain = {
  readonly dev: TestDevChain
  readonly receiptAnchor: Address
  /** An account with money for gas, each time another. */
  readonly account: () => Promise<ReturnType<typeof testKey>>
  readonly ask: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  readonly stop: () => Promise<void>
}

export async function startLogChain(): Promise<LogChain> {
  const dev = await startDevChain()
  let accounts = 0
  const ask = async (method: string, ...params: readonly unknown[]) => {
    const answer = await dev.chain.rpc.call(method, params)
    if (!answer.ok) throw new Error(JSON.stringify(answer.error))
    return answer.value
  }
  return {
    dev,
    receiptAnchor: dev.dev.contracts.receiptAnchor,
    account: async () => {
      accounts += 1
      const key = testKey((0x10 + accounts).toString(16))
      await ask('anvil_setBalance', addressOfPrivateKey(key), `0x${(10n ** 20n).toString(16)}`)
      return key
    },
    ask,
    stop: dev.stop,
  }
}

/** One gateway process. */
export type LogProcess = {
  readonly store: LogStore
  readonly closer: BatchCloser
  readonly anchorer: BatchAnchorer
  readonly reader: LogReader
  readonly publisher: () => LogPublisher
  readonly sender: Address
  readonly stop: () => Promise<void>
}

export type LogProcessTerms = {
  readonly chain: LogChain
  readonly folder: string
  readonly key: ReturnType<typeof testKey>
  /** What the ledger has; tests add to it. */
  readonly receipts: readonly Bytes32[]
  readonly clock: { nowMs: number }
  readonly store?: LogStore
  readonly receiptsMax?: number
  readonly confirmations?: number
  readonly mirror?: (store: LogStore) => LogMirror
  readonly timestamp?: (sender: Sender) => TimestampRoot
  /** Another way to the chain. */
  readonly rpc?: JsonRpc
  readonly signingKey?: ReturnType<typeof testKey>
}

export const batchEveryMs = 60_000

export function openLogProcess(terms: LogProcessTerms): LogProcess {
  const { chain, folder, key, receipts, clock } = terms
  const rpc = terms.rpc ?? chain.dev.chain.rpc
  const { keys, addresses, contracts } = chain.dev.dev
  const outboxStore = openSqliteOutbox(`${folder}/outbox.db`)
  const nowMs = () => clock.nowMs
  const confirmations = terms.confirmations ?? 1
  const outbox = openOutbox({
    ...{ rpc, chainId, privateKey: key, store: outboxStore, confirmations, log: quiet },
    feeWeiMax: 1_000n * gwei,
    nowMs: Date.now,
  })
  const store = terms.store ?? openSqliteLog(`${folder}/log.db`)
  const place = { chainId, verifyingContract: contracts.receiptVerifier }
  const domain = { name: 'Vouch Receipts', version: '1', ...place }
  const closer = new BatchCloser({
    ...{ store, nowMs },
    digestsAfter: async ({ afterSeq, limit }) => receipts.slice(afterSeq, afterSeq + limit),
    signer: {
      gateway: addresses.gatewayOperator,
      domain: receiptDomain(place),
      privateKey: terms.signingKey ?? keys.gatewaySigner,
    },
    policy: { receiptsMax: terms.receiptsMax ?? 4096, everyMs: batchEveryMs },
  })
  const { sender } = outbox
  const { receiptAnchor } = chain
  const timestamp = terms.timestamp?.(sender)
  const anchorer = new BatchAnchorer({
    ...{ store, rpc, chainId, receiptAnchor, sender, confirmations, timestamp, log: quiet },
  })
  const opened: LogPublisher[] = []
  return {
    store,
    closer,
    anchorer,
    reader: new LogReader(store, domain),
    publisher: () => {
      const mirror = terms.mirror?.(store)
      const times = { everyMs: batchEveryMs, promiseMs: 60 * batchEveryMs, nowMs }
      const publisher = new LogPublisher({
        ...{ store, closer, anchorer, mirror, log: quiet, ...times },
      })
      opened.push(publisher)
      return publisher
    },
    sender: sender.address,
    stop: async () => {
      for (const publisher of opened) await publisher.stop()
      await outbox.stop()
      await outboxStore.close()
      if (terms.store === undefined) await store.close()
    },
  }
}
