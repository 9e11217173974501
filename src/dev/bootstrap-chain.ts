/*
 * Sets up the embedded chain for `vouch dev`. Every step looks at the chain before it acts: a second start finds all done,
 * and a start that died half-way is continued where it was.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { describeStepsFailure, type StepsFailure } from '../chain/take-steps.ts'
import { openSender } from '../chain/transactions.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import { type Address, unixSeconds, unixSecondsOf, zeroBytes32 } from '../domain/units.ts'
import {
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
import type { DevJobModel } from './publish-job-offers.ts'
import { type DevModel, type PublishedTerms, publishTerms } from './publish-terms.ts'
import { registerOperator } from './register-operator.ts'

/** Everything that the gateway, the contributor and a client of the development mode need to know of their chain. */
export type DevChain = PublishedTerms & {
  readonly rpcUrl: string
  readonly chainId: number
  readonly contracts: DevContracts
  readonly keys: DevKeys
  readonly addresses: Readonly<Record<DevRole, Address>>
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

/** Answers the line that a person should read when the chain cannot be set up. */
export async function bootstrapChain(terms: {
  readonly chain: EmbeddedChain
  readonly keys: DevKeys
  readonly model: DevModel
  /** What contracts can ask for beside it. */
  readonly jobModels?: readonly DevJobModel[]
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
  const { chain, keys, endpoints, nowMs, progress } = terms
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
  const published = await publishTerms({ rpc, handles, senders }, terms)
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
