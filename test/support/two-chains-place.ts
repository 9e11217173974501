/*
 * A gateway as `vouch serve` starts it, at home on one chain and taking and paying money on another: payers with channels on
 * either, two contributors that sign their work, one paid at home in an asset with 6 decimals, one paid abroad with 18, and
 * somebody who signs quotes.
 */
import { randomBytes } from 'node:crypto'
import { openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  canonicalSettlementAddress,
  channelSettlementAt,
  readChannel,
} from '../../src/chain/channel-settlement.ts'
import { channelDomain, channelIdOf } from '../../src/chain/channel-typed-data.ts'
import {
  agreementDomain,
  assetIdOf,
  fxQuoteDigest,
  usdAssetId,
} from '../../src/chain/fx-typed-data.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { openClaimAuthorizerAddress } from '../../src/chain/open-claims.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { openSender, type Sender, sendCall } from '../../src/chain/transactions.ts'
import { devGatewayConfig } from '../../src/cli/dev-config.ts'
import { type RunningGateway, startGateway } from '../../src/cli/start-gateway.ts'
import { type ChannelPlace, depositBody, voucherBody } from '../../src/client/billing-orders.ts'
import type { GatewayConfig } from '../../src/config.ts'
import { devContractHandles, devUsdAt } from '../../src/dev/dev-contracts.ts'
import { registerOperator } from '../../src/dev/register-operator.ts'
import type { Asset } from '../../src/domain/exchange.ts'
import {
  type Address,
  atomic,
  type Bytes32,
  bytes32,
  unixSeconds,
  unixSecondsOf,
} from '../../src/domain/units.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import { openGasAccount } from './deposits.ts'
import { devModel, expectOk, startDevChain, type TestDevChain } from './dev-chain.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import {
  canonicalCollector,
  deployToken,
  fuel,
  type SecondChain,
  secondChainId,
  startSecondChain,
} from './second-chain.ts'
import { signingUpstream } from './signing-upstream.ts'

/** Dollars for a whole unit of the quoted asset. */
export const quotedDollars = 3_000n
export const feeBps = 1_000

export type Token = {
  readonly rpc: JsonRpc
  readonly minter: Sender
  readonly chainId: number
  readonly address: Address
  readonly decimals: number
  readonly name: string
}

export type Payer = {
  readonly place: ChannelPlace
  readonly apiKey: string
  readonly deposit: (amount: bigint) => Promise<Response>
  readonly promise: (amount: bigint) => Promise<Response>
  readonly ask: (model: 'paid-at-home' | 'paid-abroad') => Promise<Response>
  /** The same without a key: a voucher for so much in all comes with the request (x402). */
  readonly pay: (model: 'paid-at-home' | 'paid-abroad', amount: bigint) => Promise<Response>
  readonly onChain: () => Promise<{ readonly balance: bigint; readonly totalClaimed: bigint }>
}

export type TwoChains = {
  readonly home: TestDevChain
  readonly abroad: SecondChain
  readonly dollarHome: Token
  readonly dollarAbroad: Token
  readonly quoted: Token
  readonly unlisted: Token
  readonly gateway: () => RunningGateway
  readonly restart: () => Promise<void>
  readonly log: () => string
  /** A payer with a channel that has this much on it, all of it promised, and an API key. */
  readonly payer: (token: Token, amount: bigint) => Promise<Payer>
  /** A payer with money, and nothing deposited. */
  readonly newcomer: (token: Token, pocket: bigint) => Promise<Payer>
  readonly post: (path: string, body: unknown) => Promise<Response>
  /** What the source of quotes answers from now on. */
  readonly quote: (change?: {
    readonly dollars?: bigint
    readonly validForS?: number
    readonly key?: PrivateKey
  }) => void
  readonly balanceOf: (token: Token, account: Address) => Promise<bigint>
  readonly contributorAbroad: { readonly operator: Address; readonly receiver: Address }
  readonly stop: () => Promise<void>
}

export async function openTwoChains(): Promise<TwoChains> {
  const home = await startDevChain()
  const abroad = await startSecondChain()
  const { dev, folder } = home
  const minterHome = await openGasAccount(home)
  await fuel(abroad.rpc, dev.addresses.gatewayOperator)
  const tokens = await tokensOf(home, { minterHome, abroad })
  const treasury = dev.addresses.treasury
  await mint(tokens.dollarAbroad, treasury, 1_000n * 10n ** 18n)
  const abroadWorker = await registerAbroad(home, tokens.dollarAbroad.address)
  const quotes = await startQuotes(home, tokens.quoted)
  quotes.set()
  const upstreams = await startUpstreams(home, abroadWorker.operatorKey)
  const logPath = join(folder, 'gateway.log')
  // Left open: a write that a restarted gateway's log began may still be on its way when everything else has ended.
  const logFile = openSync(logPath, 'a')
  const config = configOf({ home, abroad, tokens, quotes, upstreams })
  let gateway = await startGateway({ config, logFileDescriptor: logFile })
  const post: TwoChains['post'] = (path, body) =>
    fetch(gateway.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const newcomer: TwoChains['newcomer'] = async (token, pocket) => {
    const at = { home, token, gateway: () => gateway, post }
    return openPayer(at, pocket)
  }
  return {
    home,
    abroad,
    ...tokens,
    gateway: () => gateway,
    restart: async () => {
      await gateway.stop()
      gateway = await startGateway({ config, logFileDescriptor: logFile })
    },
    log: () => readFileSync(logPath, 'utf8'),
    newcomer,
    payer: async (token, amount) => {
      const payer = await newcomer(token, amount)
      for (const done of [await payer.deposit(amount), await payer.promise(amount)]) {
        if (done.status !== 200) throw new Error(await done.text())
      }
      return payer
    },
    post,
    quote: (change = {}) => quotes.set(change),
    balanceOf: async (token, account) =>
      BigInt(
        String(
          expectOk(
            await token.rpc.call('eth_call', [
              { to: token.address, data: `0x70a08231${account.slice(2).padStart(64, '0')}` },
              'latest',
            ]),
          ),
        ),
      ),
    contributorAbroad: abroadWorker,
    stop: async () => {
      await gateway.stop()
      for (const upstream of upstreams) await upstream.server.close()
      await quotes.close()
      await abroad.stop()
      await home.stop()
    },
  }
}

async function tokensOf(
  home: TestDevChain,
  { minterHome, abroad }: { readonly minterHome: Sender; readonly abroad: SecondChain },
) {
  const { dev, chain } = home
  const atHome = { rpc: chain.rpc, minter: minterHome, chainId: dev.chainId }
  const there = { rpc: abroad.rpc, minter: abroad.minter, chainId: secondChainId }
  const make = async (
    at: typeof atHome,
    token: { readonly name: string; readonly decimals: number; readonly keptBps?: number },
  ): Promise<Token> => ({ ...at, ...token, address: await deployToken(at, token) })
  return {
    dollarHome: { ...atHome, address: dev.contracts.asset, decimals: 6, name: 'Dev USD' },
    dollarAbroad: await make(there, { name: 'Dollar Abroad', decimals: 18 }),
    quoted: await make(atHome, { name: 'Quoted', decimals: 18 }),
    unlisted: await make(there, { name: 'Keeps a part', decimals: 18, keptBps: 100 }),
  }
}

async function mint({ rpc, minter, chainId, address: token }: Token, to: Address, amount: bigint) {
  const contract = { ...devUsdAt(token), name: `token of ${chainId}` }
  const sent = await sendCall(minter, { contract, functionName: 'mint', args: [to, amount] })
  expectOk(sent)
  expectOk(await rpc.call('eth_blockNumber', []))
}

/** A second contributor, registered at home, that wants its money abroad. */
async function registerAbroad({ chain, dev }: TestDevChain, token: Address) {
  const { rpc } = chain
  const { asset, contributorRegistry } = devContractHandles(dev.contracts)
  const operatorKey = randomPrivateKey()
  const operator = openSender({ rpc, chainId: dev.chainId, privateKey: operatorKey })
  const receiver = addressOfPrivateKey(randomPrivateKey())
  await fuel(rpc, operator.address)
  const nowS = unixSecondsOf(Date.now())
  expectOk(
    await registerOperator({
      rpc,
      asset,
      registry: contributorRegistry,
      operator,
      signingKey: operator.address,
      activeFrom: unixSeconds(nowS - 600),
      endpoint: 'abroad',
    }),
  )
  const registration = {
    contributor: operator.address,
    payoutChainId: secondChainId,
    payoutToken: token,
    payoutReceiver: receiver,
    minWithdrawDelay: 604_800,
    validUntil: nowS + 86_400,
    nonce: 0,
  }
  const args = [registration, '0x']
  const call = { contract: contributorRegistry, functionName: 'registerPayout', args }
  expectOk(await sendCall(operator, call))
  return { operator: operator.address, operatorKey, receiver }
}

async function startQuotes({ dev }: TestDevChain, token: Token) {
  const quoter = randomPrivateKey()
  let body = '{"quotes":[]}'
  const server = createServer((_, response) => response.end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { chainId, contracts } = dev
  const domain = agreementDomain({ chainId, verifyingContract: contracts.gatewayRegistry })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/quotes`,
    quotedBy: addressOfPrivateKey(quoter),
    set: (change: Parameters<TwoChains['quote']>[0] = {}) => {
      const { dollars = quotedDollars, validForS = 59, key = quoter } = change
      const quote = {
        quoteId: bytes32(`0x${randomBytes(32).toString('hex')}`),
        assetIn: assetIdOf(token),
        assetOut: usdAssetId,
        rateE18: dollars * 10n ** 18n,
        validBefore: unixSeconds(unixSecondsOf(Date.now()) + validForS),
      }
      const signature = signDigest(fxQuoteDigest(domain, quote), key)
      const signed = { ...quote, rateE18: String(quote.rateE18), signature }
      body = JSON.stringify({ quotes: [signed] })
    },
    close: () => new Promise<unknown>((resolve) => server.close(resolve)),
  }
}

type Upstream = {
  readonly model: string
  readonly server: ScriptedUpstream
  readonly operator: Address
  readonly signingAddress: Address
}

async function startUpstreams(
  { dev }: TestDevChain,
  abroadKey: PrivateKey,
): Promise<readonly Upstream[]> {
  const { chainId, contracts, addresses, keys } = dev
  const domain = receiptDomain({ chainId, verifyingContract: contracts.receiptVerifier })
  const start = async (model: string, operator: Address, privateKey: PrivateKey) => {
    const { modelId } = devModel
    const signer = signingUpstream({ privateKey, operator, domain, modelId })
    const server = await startScriptedUpstream(signer.answer(['two', ' and', ' two']))
    return { model, server, operator, signingAddress: addressOfPrivateKey(privateKey) }
  }
  return [
    await start('paid-at-home', addresses.contributorOperator, keys.contributorSigner),
    await start('paid-abroad', addressOfPrivateKey(abroadKey), abroadKey),
  ]
}

function configOf(parts: {
  readonly home: TestDevChain
  readonly abroad: SecondChain
  readonly tokens: Readonly<Record<'dollarAbroad' | 'quoted', Token>>
  readonly quotes: { readonly url: string; readonly quotedBy: Address }
  readonly upstreams: readonly Upstream[]
}): GatewayConfig {
  const { home, abroad, tokens, quotes } = parts
  const base = devGatewayConfig({
    folder: join(home.folder, 'gateway'),
    port: 0,
    devChain: home.dev,
    model: { name: 'm', tokenizer: '', ...devModel },
    baseUrl: 'http://127.0.0.1:1/v1',
    secret: 'an-engine-key',
  })
  const [upstream] = base.upstreams
  const [model] = upstream?.models ?? []
  if (upstream === undefined || model === undefined) throw new Error('no upstream')
  const assetOf = (token: Token, rate: Asset['rate'], unitsPerHomeUnitE6: bigint) => {
    const { chainId, decimals } = token
    const place = { chainId, address: token.address, decimals, haircutBps: 0 }
    return { ...place, rate, domain: undefined, unitsPerHomeUnitE6 }
  }
  return {
    ...base,
    joining: undefined,
    chains: [
      {
        chainId: secondChainId,
        rpcUrl: abroad.url,
        secondRpcUrl: undefined,
        settlement: canonicalSettlementAddress,
        collector: canonicalCollector,
        confirmations: 1,
        feeWeiMax: 1_000n * 10n ** 9n,
        payoutAuthorizer: openClaimAuthorizerAddress,
      },
    ],
    assets: [
      assetOf(tokens.dollarAbroad, 'par', 1_000_000n),
      assetOf(tokens.quoted, { quotedBy: quotes.quotedBy }, 333n),
    ],
    fx: { source: { url: quotes.url }, everyS: 1, quoteAgeMaxS: 60 },
    upstreams: parts.upstreams.map(({ model: id, server, operator, signingAddress }) => ({
      ...upstream,
      id,
      baseUrl: server.baseUrl,
      identity: { operator, signingAddresses: [signingAddress] },
      models: [
        {
          ...model,
          id,
          upstreamId: id,
          tokenizer: undefined,
          completionTokensMax: 1024,
          servings: model.servings.map((serving) => ({
            ...serving,
            promptAtomicPerMtok: atomic(1_000_000n),
            cachedPromptAtomicPerMtok: atomic(1_000_000n),
            completionAtomicPerMtok: atomic(2_000_000n),
          })),
        },
      ],
    })),
  }
}

async function openPayer(
  at: {
    readonly home: TestDevChain
    readonly token: Token
    readonly gateway: () => RunningGateway
    readonly post: TwoChains['post']
  },
  pocket: bigint,
): Promise<Payer> {
  const { home, token, gateway, post } = at
  const { chainId } = token
  const { addresses, contracts } = home.dev
  const privateKey = randomPrivateKey()
  const payer = addressOfPrivateKey(privateKey)
  await mint(token, payer, pocket)
  const config = {
    payer,
    payerAuthorizer: payer,
    receiver: addresses.gatewayOperator,
    receiverAuthorizer: addresses.gatewayOperator,
    token: token.address,
    withdrawDelay: 86_400,
    salt: bytes32(`0x${randomBytes(32).toString('hex')}`),
  }
  const settlement = canonicalSettlementAddress
  const channelId: Bytes32 = channelIdOf(
    channelDomain({ chainId, verifyingContract: settlement }),
    config,
  )
  const place: ChannelPlace = {
    channelId,
    config,
    chainId,
    settlement,
    collector: canonicalCollector,
    asset: { address: token.address, decimals: token.decimals, name: token.name, version: '1' },
    registry: { chainId: home.dev.chainId, verifyingContract: contracts.gatewayRegistry },
  }
  const { secret, apiKey } = createApiKey({ label: 'payer', channelId, nowMs: Date.now() })
  await gateway().apiKeys.insert(apiKey)
  // Who pays at home need not say so.
  const there = chainId === home.dev.chainId ? {} : { chainId }
  return {
    place,
    apiKey: secret,
    deposit: (amount) => {
      const validBefore = unixSeconds(unixSecondsOf(Date.now()) + 3_600)
      const order = { amount: atomic(amount), validBefore, salt: randomBytes(32) }
      return post('/v1/billing/deposits', { ...depositBody(place, order, privateKey), ...there })
    },
    promise: (amount) =>
      post('/v1/billing/vouchers', {
        ...voucherBody(place, atomic(amount), privateKey),
        ...there,
      }),
    ask: (model) => complete(gateway(), model, { authorization: `Bearer ${secret}` }),
    pay: (model, amount) => {
      const { channelConfig, ...voucher } = voucherBody(place, atomic(amount), privateKey)
      const payment = {
        x402Version: 2,
        accepted: { scheme: 'batch-settlement', network: `eip155:${chainId}`, amount: '0' },
        payload: { type: 'voucher', channelConfig, voucher: { channelId, ...voucher } },
      }
      const header = Buffer.from(JSON.stringify(payment)).toString('base64')
      return complete(gateway(), model, { 'payment-signature': header })
    },
    onChain: async () =>
      expectOk(await readChannel(token.rpc, channelSettlementAt(settlement), place)),
  }
}

const complete = (
  gateway: RunningGateway,
  model: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> =>
  fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: 'What is two and two?' }],
      max_tokens: 100,
    }),
  })
