import { unknownChannelReturnsEveryMs, unknownChannelsAtOnceMax } from '../base/limits.ts'
import { err, type Result } from '../base/result.ts'
import { channelSettlementAt } from '../chain/channel-settlement.ts'
import { channelDomain } from '../chain/channel-typed-data.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { domainSeparator } from '../chain/typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import type { BillingTerms, ChannelOffer } from '../domain/billing-terms.ts'
import type { Refusal } from '../domain/refusal.ts'
import { atomic, type Bytes32 } from '../domain/units.ts'
import { type Rate, RateLimit } from '../http/rate-limit.ts'
import { acceptVoucher, type ReadChannel } from '../payment/accept-voucher.ts'
import { type BillingStep, createBillingStep, type RefundSent } from '../payment/billing-step.ts'
import type { ChannelTerms } from '../payment/channel-terms.ts'
import { depositsOn, type PayerLane, type PayerLanes, payerLane } from '../payment/payer-lanes.ts'
import type { PriceExchange } from '../payment/price-exchange.ts'
import { DepositRelay } from '../payment/relay-deposit.ts'
import { readView } from '../settlement/chain-views.ts'
import type { RefundRefusal } from '../settlement/refund-channel.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { MoneyPlace, MoneyPlaces } from './money-places.ts'
import type { RunningSettlement } from './open-settlement.ts'

const unknownChannels: Rate = {
  atOnce: unknownChannelsAtOnceMax,
  everyMs: unknownChannelReturnsEveryMs,
  namesMax: 1,
}

export type OpenBilling = {
  readonly billing: BillingStep
  readonly lanes: PayerLanes
  /** Sends what was not charged back to the payer, whose consent was proven. */
  readonly refund: (channelId: Bytes32) => Promise<Result<RefundSent, Refusal>>
}

type Terms = {
  readonly config: GatewayConfig
  readonly ledger: LedgerStore
  readonly apiKeys: ApiKeyStore
  readonly settlement: Pick<RunningSettlement, 'on' | 'refund'>
  readonly nowMs: () => number
}

/** What payers ask and order, wired to every chain and asset that is taken. */
export function openBilling(
  terms: Terms & { readonly places: MoneyPlaces; readonly exchange: PriceExchange },
): OpenBilling {
  const { config, ledger, nowMs, exchange } = terms
  const [home, ...others] = terms.places
  const lanes: PayerLanes = [
    openLane(terms, home),
    ...others.map((place) => openLane(terms, place)),
  ]
  const refund: OpenBilling['refund'] = async (channelId) => {
    const refunded = await terms.settlement.refund(channelId)
    return refunded.ok ? refunded : asPayerSeesIt(refunded.error, nowMs())
  }
  const billing = createBillingStep({
    ledger,
    keys: terms.apiKeys,
    terms: billingTermsOf(config, lanes),
    pricing: (place) => {
      const asset = exchange.find(place)
      if (asset !== undefined) return exchange.pricingOf(asset)
      return err({ reason: 'channel_terms_unacceptable', detail: 'this asset is not taken' })
    },
    acceptVoucher: async (voucher) => {
      const { chainId, config: channel } = voucher
      const lane = payerLane(lanes, { chainId, token: channel.token })
      return lane.ok ? acceptVoucher(lane.value.channels, voucher) : lane
    },
    refund,
    deposits: depositsOn(lanes),
    nowMs,
  })
  return { billing, lanes, refund }
}

function openLane({ config, ledger, settlement, nowMs }: Terms, place: MoneyPlace): PayerLane {
  const { chain, rpc, asset, token, limit } = place
  const { chainId } = chain
  const contract = channelSettlementAt(chain.settlement)
  const { confirmations, secondRpcUrl } = chain
  const secondRpc = secondRpcUrl === undefined ? undefined : jsonRpc(secondRpcUrl)
  const eyes = { settlement: contract, rpc, secondRpc, confirmations }
  const disagreementMax = limit(config.chain.disagreementMax)
  const unknown = new RateLimit(unknownChannels)
  const readOneChannel: ReadChannel = async ({ arrivedAmount, ...channel }) => {
    const known = await ledger.channel(channel.channelId)
    // Anybody can make up channels without end; the calls that a provider sells are for those who have one.
    if (known === undefined && arrivedAmount === undefined) {
      if (unknown.waitMs('all', nowMs()) > 0) return undefined
      unknown.count('all', nowMs())
    }
    const balance = atomic((known?.balance ?? 0n) + (arrivedAmount ?? 0n))
    const view = await readView(eyes, { ...channel, balance })
    // Where the nodes differ by too much one of them lies, and nothing is credited until it is known which.
    const isCredible = view.ok && view.value.disagreement <= disagreementMax
    return isCredible ? view.value.onChain : undefined
  }
  const channels = { ledger, terms: channelTermsOf(config, place), readChannel: readOneChannel }
  const deposits = new DepositRelay({
    ...channels,
    policy: depositPolicyOf(config, place),
    rpc,
    settlement: contract,
    collectors: { eip3009: chain.collector, permit2: undefined },
    tokenDomain: domainSeparator({ ...token, chainId, verifyingContract: asset.address }),
    sender: settlement.on(chainId).sender,
    nowMs,
  })
  return { offer: offerOf(config, place), channels, deposits }
}

const channelTermsOf = (
  { gateway }: GatewayConfig,
  { chain: { chainId, settlement }, asset }: MoneyPlace,
): ChannelTerms => ({
  chainId,
  domain: channelDomain({ chainId, verifyingContract: settlement }),
  token: asset.address,
  receiver: gateway.receiver,
  receiverAuthorizer: addressOfPrivateKey(gateway.claimKey),
  withdrawDelayMinS: gateway.withdrawDelayMinS,
})

const depositPolicyOf = ({ deposits }: GatewayConfig, { chain, limit }: MoneyPlace) => ({
  minimumAmount: limit(deposits.minimum),
  deniedPayers: new Set(deposits.deniedPayers),
  perPayerPerHour: deposits.perPayerPerHour,
  confirmations: chain.confirmations,
  atOnceMaxAmount: limit(deposits.atOnceMax),
  atOncePerHourAmount: limit(deposits.atOncePerHour),
})

const offerOf = (
  { gateway, deposits }: GatewayConfig,
  { chain, asset, token, limit }: MoneyPlace,
): ChannelOffer => ({
  chainId: chain.chainId,
  settlement: chain.settlement,
  collector: chain.collector,
  asset: { address: asset.address, decimals: asset.decimals, ...token },
  receiver: gateway.receiver,
  receiverAuthorizer: addressOfPrivateKey(gateway.claimKey),
  withdrawDelayMinS: gateway.withdrawDelayMinS,
  minimumDeposit: limit(deposits.minimum),
})

const billingTermsOf = ({ chain, gateway }: GatewayConfig, lanes: PayerLanes): BillingTerms => ({
  gateway: gateway.operator,
  registry: { chainId: chain.chainId, verifyingContract: chain.gatewayRegistry },
  receiptVerifier: chain.receiptVerifier,
  accepts: lanes.map(({ offer }) => offer),
})

function asPayerSeesIt(refusal: RefundRefusal, nowMs: number): Result<RefundSent, Refusal> {
  switch (refusal.reason) {
    case 'refunded_recently': {
      const retryAfterS = Math.max(1, Math.ceil((refusal.againAtMs - nowMs) / 1000))
      return err({ reason: 'refunded_recently', retryAfterS })
    }
    case 'refund_unconfirmed':
      return err({ reason: 'refund_unconfirmed' })
    case 'charges_not_claimed':
    case 'refund_reverted':
    case 'chain_not_read':
      return err({ reason: 'chain_unavailable' })
    default:
      return err(refusal)
  }
}
