/*
 * A whole gateway, started as `vouch serve` starts it, on a real chain with x402's contracts, before an engine that the test
 * scripts; and customers made of x402's published packages.
 */
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readChannel } from '../../src/chain/channel-settlement.ts'
import { channelDomain, channelIdOf } from '../../src/chain/channel-typed-data.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { type Sender, sendCall } from '../../src/chain/transactions.ts'
import { devGatewayConfig } from '../../src/cli/dev-config.ts'
import { type RunningGateway, startGateway } from '../../src/cli/start-gateway.ts'
import type { GatewayConfig } from '../../src/config.ts'
import { type DevContractHandles, devContractHandles } from '../../src/dev/dev-contracts.ts'
import type { Channel } from '../../src/domain/channel.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { atomic, type Bytes32 } from '../../src/domain/units.ts'
import { readReceiptsBySeq } from '../../src/store/receipt-rows-sqlite.ts'
import { openGasAccount } from './deposits.ts'
import { devModel, expectOk, startDevChain, type TestDevChain } from './dev-chain.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { type Buyer, openBuyer } from './x402-buyer.ts'

/** What every buyer starts with, atomic units. */
export const pocket = 1_000_000n
/** The least deposit here: small against a pocket, large against one request. */
export const minimumDeposit = 20_000n

export type X402Place = {
  readonly running: TestDevChain
  readonly handles: DevContractHandles
  readonly upstream: ScriptedUpstream
  readonly url: string
  readonly gateway: () => RunningGateway
  readonly restart: () => Promise<void>
  readonly buyer: (terms?: Partial<Parameters<typeof openBuyer>[0]>) => Promise<Buyer>
  readonly channelIdOf: (buyer: Buyer) => Bytes32
  readonly book: (buyer: Buyer) => Promise<Channel>
  readonly onChain: (buyer: Buyer) => Promise<{ balance: bigint; totalClaimed: bigint }>
  readonly receipts: () => readonly ReceiptDocument[]
  readonly log: () => string
  readonly minter: Sender
  readonly stop: () => Promise<void>
}

export async function openX402Place(
  change: (config: GatewayConfig) => GatewayConfig = (config) => config,
): Promise<X402Place> {
  const running = await startDevChain()
  const { dev, chain, folder } = running
  const handles = devContractHandles(dev.contracts)
  const upstream = await startScriptedUpstream()
  const minter = await openGasAccount(running, dev.keys.payer)
  const dataFolder = join(folder, 'gateway')
  const logPath = join(folder, 'gateway.log')
  // Left open: a write that a restarted gateway's log began may still be on its way when everything else has ended.
  const logFile = openSync(logPath, 'a')
  const config = change(configOf(running, dataFolder, upstream.baseUrl))
  const start = () => startGateway({ config, logFileDescriptor: logFile })
  let gateway = await start()
  const domain = channelDomain({
    chainId: dev.chainId,
    verifyingContract: dev.contracts.settlement,
  })
  const idOf = (buyer: Buyer) => channelIdOf(domain, buyer.channel())
  return {
    running,
    handles,
    upstream,
    minter,
    get url() {
      return `${gateway.origin}/v1/chat/completions`
    },
    gateway: () => gateway,
    restart: async () => {
      await gateway.stop()
      gateway = await start()
    },
    buyer: async (terms = {}) => {
      const buyer = openBuyer({
        rpcUrl: chain.url,
        asset: handles.asset.address,
        walletKey: randomPrivateKey(),
        ...terms,
      })
      const args = [buyer.wallet, pocket]
      expectOk(await sendCall(minter, { contract: handles.asset, functionName: 'mint', args }))
      return buyer
    },
    channelIdOf: idOf,
    book: async (buyer) => {
      const channel = await gateway.ledger.channel(idOf(buyer))
      if (channel === undefined) throw new Error('the gateway has no book of this channel')
      return channel
    },
    onChain: async (buyer) => {
      const channel = { channelId: idOf(buyer), config: buyer.channel() }
      const state = expectOk(await readChannel(chain.rpc, handles.settlement, channel))
      return { balance: state.balance, totalClaimed: state.totalClaimed }
    },
    receipts: () => readReceipts(join(dataFolder, 'ledger.db')),
    log: () => readFileSync(logPath, 'utf8'),
    stop: async () => {
      await gateway.stop()
      await upstream.close()
      await running.stop()
    },
  }
}

function configOf(running: TestDevChain, folder: string, baseUrl: string): GatewayConfig {
  const model = { name: 'm', tokenizer: '', ...devModel }
  const config = devGatewayConfig({
    folder,
    port: 0,
    devChain: running.dev,
    model,
    baseUrl,
    secret: 'an-engine-key',
  })
  const [upstream] = config.upstreams
  if (upstream === undefined) throw new Error('the development configuration has an upstream')
  return {
    ...config,
    payouts: undefined,
    joining: undefined,
    deposits: { ...config.deposits, minimum: atomic(minimumDeposit) },
    x402: { parallel: 1, exactMinimum: atomic(1n) },
    upstreams: [
      {
        ...upstream,
        identity: undefined,
        models: upstream.models.map((offered) => ({
          ...offered,
          tokenizer: undefined,
          completionTokensMax: 1024,
          servings: offered.servings.map((serving) => ({
            ...serving,
            promptAtomicPerMtok: atomic(1_000_000n),
            cachedPromptAtomicPerMtok: atomic(1_000_000n),
            completionAtomicPerMtok: atomic(2_000_000n),
          })),
        })),
      },
    ],
  }
}

function readReceipts(path: string): readonly ReceiptDocument[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return readReceiptsBySeq(database, { afterSeq: 0, limit: -1 }).map(
      ({ body = '' }) => JSON.parse(body) as ReceiptDocument,
    )
  } finally {
    database.close()
  }
}

/** A question as OpenAI's clients ask it. */
export const question = (
  change: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: 'What is two and two?' }],
    max_tokens: 100,
    ...change,
  }),
})
