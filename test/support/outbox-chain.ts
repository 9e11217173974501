/*
 * A bare chain to execute intents on. An intent's transaction carries its name as data to an account without code, so that
 * the chain itself says how often each was executed.
 */
import type { GatewayLog } from '../../src/base/log.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import type { TransactionCaps } from '../../src/domain/transaction-caps.ts'
import { type Address, address } from '../../src/domain/units.ts'
import { newEntry } from '../../src/settlement/outbox-rules.ts'
import type { Lane } from '../../src/settlement/outbox-step.ts'
import type { OutboxStore } from '../../src/store/outbox-store.ts'
import { expectOk } from './dev-chain.ts'
import { startChain, temporaryFolder } from './embedded-chain.ts'

export const chainId = 31337
export const gwei = 10n ** 9n
export const quiet: GatewayLog = { info: () => undefined, error: () => undefined }
/** Has no code: it takes whatever data it is given. */
export const recipient: Address = address(`0x${'70'.repeat(20)}`)

export type OutboxChain = {
  readonly chain: EmbeddedChain
  readonly rpc: JsonRpc
  readonly ask: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  /** A new account with money for gas. */
  readonly account: () => Promise<{ readonly privateKey: PrivateKey; readonly address: Address }>
  readonly height: () => Promise<number>
  /** Transactions that wait for a block. */
  readonly pooled: () => Promise<number>
  /** How often each intent of the sender was executed in the blocks after `fromBlock`, as the chain stands now. */
  readonly executions: (sender: Address, fromBlock: number) => Promise<Map<string, number>>
  readonly stop: () => Promise<void>
}

export async function startOutboxChain(): Promise<OutboxChain> {
  const folder = temporaryFolder()
  const chain = await startChain(folder.path)
  const { rpc } = chain
  const ask = async (method: string, ...params: readonly unknown[]) =>
    expectOk(await rpc.call(method, params))
  const height = async () => Number(await ask('eth_blockNumber'))
  return {
    chain,
    rpc,
    ask,
    height,
    pooled: async () => {
      const { pending } = (await ask('txpool_status')) as { pending: string }
      return Number(pending)
    },
    account: async () => {
      const privateKey = randomPrivateKey()
      const account = addressOfPrivateKey(privateKey)
      await ask('anvil_setBalance', account, `0x${(10n ** 20n).toString(16)}`)
      return { privateKey, address: account }
    },
    executions: async (sender, fromBlock) => {
      const counts = new Map<string, number>()
      for (let number = fromBlock + 1; number <= (await height()); number += 1) {
        const block = (await ask('eth_getBlockByNumber', `0x${number.toString(16)}`, true)) as {
          transactions: { from: string; input: string }[]
        }
        for (const { from, input } of block.transactions) {
          if (from !== sender || input === '0x') continue
          const intentId = Buffer.from(input.slice(2), 'hex').toString()
          counts.set(intentId, (counts.get(intentId) ?? 0) + 1)
        }
      }
      return counts
    },
    stop: async () => {
      await chain.stop()
      folder.remove()
    },
  }
}

/** The transaction of an intent. */
export const transactionOf = (intentId: string) => ({
  to: recipient,
  data: `0x${Buffer.from(intentId).toString('hex')}` as const,
})

/** The intent as an outbox writes it down first. */
export const queuedEntry = (sender: Address, intentId: string, caps?: TransactionCaps) =>
  newEntry(
    { chainId, sender },
    { ...transactionOf(intentId), intentId, kind: 'other', nowMs: 1_700_000_000_000, caps },
  )

/** A lane as a new process opens it. */
export const laneOf = (
  account: { readonly privateKey: PrivateKey; readonly address: Address },
  terms: {
    readonly rpc: JsonRpc
    readonly store: OutboxStore
    readonly nowMs?: () => number
    readonly confirmations?: number
    readonly feeWeiMax?: bigint
    readonly log?: GatewayLog
  },
): Lane => ({
  chainId,
  sender: account.address,
  privateKey: account.privateKey,
  confirmations: 1,
  feeWeiMax: 1_000n * gwei,
  log: quiet,
  nowMs: Date.now,
  strangeSinceMs: new Map(),
  ...terms,
})
