/*
 * Sets up the embedded chain for `vouch dev`. Every step looks at the chain before it acts: a second start finds all done,
 * and a start that died half-way is continued where it was.
 */
import { canonicalJson } from '../base/canonical-json.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type Contract, type ContractCall, readContract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { describeStepsFailure, type StepsFailure } from '../chain/take-steps.ts'
import { openSender, type Sender, sendCall } from '../chain/transactions.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import {
  type Address,
  type Bytes32,
  unixSeconds,
  unixSecondsOf,
  zeroBytes32,
} from '../domain/units.ts'
import {
  type DevContractHandles,
  type DevContracts,
  deployDevContracts,
  devContractHandles,
  devUsd,
} from './dev-contracts.ts'
import { type DevKeys, type DevRole, devRoles } from './dev-keys.ts'
import {
  describeEmbeddedChainFailure,
  type EmbeddedChain,
  embeddedChainId,
} from './embedded-chain.ts'
import { type FundedChannel, fundChannel } from './fund-channel.ts'
import { fundPayouts } from './fund-payouts.ts'
import { mintUpTo } from './mint-up-to.ts'
import { registerOperator } from './register-operator.ts'

/** What the built-in model is sold for; the rest of its price sheet follows from the chain. */
export type DevModel = Pick<
  PriceSheet,
  'modelId' | 'promptAtomicPerMtok' | 'cachedPromptAtomicPerMtok' | 'completionAtomicPerMtok'
> & { readonly contextTokensMax: number }

/** Everything that the gateway, the contributor and a client of the development mode need to know of their chain. */
export type DevChain = {
  readonly rpcUrl: string
  readonly chainId: number
  readonly contracts: DevContracts
  readonly keys: DevKeys
  readonly addresses: Readonly<Record<DevRole, Address>>
  /** The gateway's, published in its registry; `priceHash` is what receipts name. */
  readonly prices: PriceSheet
  readonly priceHash: Bytes32
  /** The document whose hash the contributor published as its offer: canonical JSON. */
  readonly offer: string
  /** Holds at least a tranche that is not yet claimed. */
  readonly channel: FundedChannel
  /** From the treasury to the contributor: what it earns is in escrow. */
  readonly payoutChannel: FundedChannel
}

const gasMoney = `0x${(10_000n * 10n ** 18n).toString(16)}`
/** anvil's blocks run ahead of the clock when many come in one second, and receipts carry the clock's time. */
const keyLeadS = 600
const withdrawDelayS = 86_400
/** Again whenever the guest has spent some of it. */
const guestAmount = devUsd(1_000n)

type Setup = {
  readonly rpc: JsonRpc
  readonly senders: Readonly<Record<DevRole, Sender>>
  readonly handles: DevContractHandles
}

/** Answers the line that a person should read when the chain cannot be set up. */
export async function bootstrapChain(terms: {
  readonly chain: EmbeddedChain
  readonly keys: DevKeys
  readonly model: DevModel
  /** Registered as the operators' endpoints: where each can be reached. */
  readonly endpoints: { readonly gateway: string; readonly contributor: string }
  readonly nowMs: number
  /** Called before each step that may take long, with a sentence for a person. */
  readonly progress: (line: string) => void
}): Promise<Result<DevChain, string>> {
  const { chain } = terms
  const done = await setUp(terms)
  if (!done.ok) {
    return err(`the embedded chain could not be set up: ${describeStepsFailure(done.error)}`)
  }
  // Found again after any crash: the addresses are in receipts, and the deposit is the payer's money.
  const saved = await chain.save()
  return saved.ok ? ok(done.value) : err(describeEmbeddedChainFailure(saved.error))
}

async function setUp(
  terms: Parameters<typeof bootstrapChain>[0],
): Promise<Result<DevChain, StepsFailure>> {
  const { chain, keys, model, endpoints, nowMs, progress } = terms
  const { rpc } = chain
  const senders = perRole((role) =>
    openSender({ rpc, chainId: embeddedChainId, privateKey: keys[role] }),
  )
  const addresses = perRole((role) => addressOfPrivateKey(keys[role]))
  const fuelled = await fuel(rpc, Object.values(addresses))
  if (!fuelled.ok) return fuelled

  progress('preparing the contracts')
  const contracts = await deployDevContracts(rpc, senders.deployer)
  if (!contracts.ok) return contracts
  const handles = devContractHandles(contracts.value)
  const setup = { rpc, senders, handles }

  progress('preparing the registrations of gateway and contributor')
  const activeFrom = unixSeconds(unixSecondsOf(nowMs) - keyLeadS)
  const { asset, gatewayRegistry, contributorRegistry } = handles
  const registrations = [
    {
      registry: gatewayRegistry,
      operator: senders.gatewayOperator,
      signingKey: addresses.gatewaySigner,
      endpoint: endpoints.gateway,
    },
    {
      registry: contributorRegistry,
      operator: senders.contributorOperator,
      signingKey: addresses.contributorSigner,
      endpoint: endpoints.contributor,
    },
  ]
  for (const registration of registrations) {
    const registered = await registerOperator({ rpc, asset, activeFrom, ...registration })
    if (!registered.ok) return registered
  }
  const published = await publishPrices(setup, model)
  if (!published.ok) return published

  progress('preparing the funded channels')
  const channel = await fundChannel({
    rpc,
    chainId: embeddedChainId,
    asset,
    settlement: handles.settlement,
    collector: contracts.value.eip3009Collector,
    config: channelConfig(addresses, contracts.value),
    relayer: senders.gatewayOperator,
    payerKey: keys.payer,
    nowS: unixSecondsOf(nowMs),
  })
  if (!channel.ok) return channel
  const payoutChannel = await fundPayouts({
    rpc,
    chainId: embeddedChainId,
    contracts: contracts.value,
    handles,
    keys,
    contributor: senders.contributorOperator,
    relayer: senders.gatewayOperator,
    receiver: addresses.contributorPayout,
    nowS: unixSecondsOf(nowMs),
  })
  if (!payoutChannel.ok) return payoutChannel
  const minter = senders.gatewayOperator
  const guest = await mintUpTo({ rpc, asset, minter, to: addresses.guest, amount: guestAmount })
  if (!guest.ok) return guest
  return ok({
    rpcUrl: chain.url,
    chainId: embeddedChainId,
    contracts: contracts.value,
    keys,
    addresses,
    ...published.value,
    channel: channel.value,
    payoutChannel: payoutChannel.value,
  })
}

/** Gives every role what it needs to send transactions, again whenever it has used up half of it. */
async function fuel(
  rpc: JsonRpc,
  accounts: readonly Address[],
): Promise<Result<void, ChainFailure>> {
  for (const account of accounts) {
    const balance = await rpc.call('eth_getBalance', [account, 'latest'])
    if (!balance.ok) return balance
    if (BigInt(String(balance.value)) > BigInt(gasMoney) / 2n) continue
    const set = await rpc.call('anvil_setBalance', [account, gasMoney])
    if (!set.ok) return set
  }
  return ok(undefined)
}

/** The gateway's price sheet, and the contributor's sheet and offer for the same model. */
async function publishPrices(
  setup: Setup,
  model: DevModel,
): Promise<Result<Pick<DevChain, 'prices' | 'priceHash' | 'offer'>, ChainFailure>> {
  const { senders, handles } = setup
  const { contextTokensMax, ...amounts } = model
  const sheetOf = (operator: Sender): PriceSheet => ({
    operator: operator.address,
    asset: handles.asset.address,
    ...amounts,
    // In force since ever and until replaced, so that every start finds the same sheet.
    validFrom: unixSeconds(0),
    validUntil: unixSeconds(0),
  })
  const prices = sheetOf(senders.gatewayOperator)
  const ofGateway = await publishSheet(setup, senders.gatewayOperator, {
    registry: handles.gatewayRegistry,
    sheet: prices,
  })
  if (!ofGateway.ok) return ofGateway
  const ofContributor = await publishSheet(setup, senders.contributorOperator, {
    registry: handles.contributorRegistry,
    sheet: sheetOf(senders.contributorOperator),
  })
  if (!ofContributor.ok) return ofContributor
  const offer = canonicalJson({
    modelId: model.modelId,
    contextTokensMax,
    priceHash: ofContributor.value,
  })
  const published = await publishOffer(setup, {
    modelId: model.modelId,
    hash: keccak256Utf8(offer),
  })
  if (!published.ok) return published
  return ok({ prices, priceHash: ofGateway.value, offer })
}

async function publishSheet(
  { rpc }: Setup,
  operator: Sender,
  publication: { readonly registry: Contract; readonly sheet: PriceSheet },
): Promise<Result<Bytes32, ChainFailure>> {
  const { registry, sheet } = publication
  const priceHash = hashPriceSheet(sheet)
  const question = { contract: registry, functionName: 'priceSheetPublishedAt', args: [priceHash] }
  const call = { contract: registry, functionName: 'publishPriceSheet', args: [sheet] }
  const sent = await sendUnless(rpc, operator, { question, answers: (at) => at !== 0n, call })
  return sent.ok ? ok(priceHash) : sent
}

async function publishOffer(
  { rpc, senders, handles }: Setup,
  offer: { readonly modelId: Bytes32; readonly hash: Bytes32 },
): Promise<Result<void, ChainFailure>> {
  const contract = handles.contributorRegistry
  const operator = senders.contributorOperator
  return sendUnless(rpc, operator, {
    question: { contract, functionName: 'offers', args: [operator.address, offer.modelId] },
    answers: (hash) => hash === offer.hash,
    call: { contract, functionName: 'publishOffer', args: [offer.modelId, offer.hash] },
  })
}

/** Sends `call` unless the chain's answer to `question` says that it was done. */
async function sendUnless(
  rpc: JsonRpc,
  sender: Sender,
  step: {
    readonly question: ContractCall
    readonly answers: (value: unknown) => boolean
    readonly call: ContractCall
  },
): Promise<Result<void, ChainFailure>> {
  const answer = await readContract(rpc, step.question)
  if (!answer.ok) return answer
  if (step.answers(answer.value[0])) return ok(undefined)
  const sent = await sendCall(sender, step.call)
  return sent.ok ? ok(undefined) : sent
}

/** The same at every start, so that the channel is the same too. */
const channelConfig = (
  addresses: Readonly<Record<DevRole, Address>>,
  contracts: DevContracts,
): ChannelConfig => ({
  payer: addresses.payer,
  payerAuthorizer: addresses.session,
  receiver: addresses.gatewayOperator,
  receiverAuthorizer: addresses.gatewayOperator,
  token: contracts.asset,
  withdrawDelay: withdrawDelayS,
  salt: zeroBytes32,
})

const perRole = <T>(valueFor: (role: DevRole) => T): Readonly<Record<DevRole, T>> =>
  Object.fromEntries(devRoles.map((role) => [role, valueFor(role)])) as Record<DevRole, T>
