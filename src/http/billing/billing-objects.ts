/*
 * What the billing routes answer. Amounts are decimal strings of atomic units of the channel's asset, times are Unix
 * seconds; docs/api-billing.md has every member.
 */
import type { ApiKey } from '../../domain/api-key.ts'
import type { BillingTerms, ChannelOffer } from '../../domain/billing-terms.ts'
import type { Channel } from '../../domain/channel.ts'
import { freeAmount } from '../../domain/channel-ledger.ts'
import type { Offer } from '../../domain/contributor.ts'
import type { KeySpending } from '../../domain/key-spending.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'

type DepositRecord = Extract<
  ReturnType<GatewayDoor['billing']['depositRecord']>,
  { readonly ok: true }
>['value']
type JsonObject = Readonly<Record<string, unknown>>

/** Everything that an owner needs to follow the money, and to leave without the gateway (`config`, `settlement`). */
export function channelObject(channel: Channel, terms: BillingTerms): JsonObject {
  const { chargedCumulativeAmount: charged, totalClaimed } = channel
  const offer = terms.accepts.find(
    ({ chainId, asset }) => chainId === channel.chainId && asset.address === channel.config.token,
  )
  return {
    object: 'vouch.channel',
    channel_id: channel.channelId,
    chain_id: channel.chainId,
    settlement: offer?.settlement ?? null,
    asset: channel.config.token,
    decimals: offer?.asset.decimals ?? null,
    balance: String(channel.balance),
    signed: String(channel.signedMaxClaimable),
    charged: String(charged),
    held: String(channel.heldAmount),
    free: String(freeAmount(channel)),
    announced: String(channel.announcedAmount),
    claimed: String(totalClaimed),
    unclaimed: String(charged - totalClaimed),
    closing: channel.closing,
    frozen: channel.frozen,
    withdraw_final_at: channel.withdrawFinalAtS ?? null,
    receipts: channel.receiptSeq,
    config: channel.config,
  }
}

export const keyObject = (key: ApiKey, spending?: KeySpending): JsonObject => ({
  object: 'vouch.api_key',
  id: key.apiKeyId,
  key_hash: `0x${key.keyHash}`,
  label: key.label,
  channel_id: key.channelId,
  cap: key.spendCapAmount === undefined ? null : String(key.spendCapAmount),
  ...(spending === undefined
    ? {}
    : { spent: String(spending.chargedAmount), held: String(spending.heldAmount) }),
  models: key.modelScope ?? null,
  created_at: Math.floor(key.createdAtMs / 1000),
  expires_at: key.expiresAtMs === undefined ? null : Math.floor(key.expiresAtMs / 1000),
  revoked: key.revokedAtMs !== undefined,
})

/** `state`: `pending` (sent, or about to be), `confirmed` (in the channel's balance) or `failed` (it had no effect). */
export const depositObject = (deposit: DepositRecord): JsonObject => ({
  object: 'vouch.deposit',
  id: deposit.depositId,
  channel_id: deposit.channelId,
  amount: String(deposit.amount),
  state: deposit.state,
  transaction_hash: deposit.transactionHash ?? null,
})

/** What a channel must look like to be served on, and what is asked for: enough to open one without asking anybody. */
export const termsObject = (terms: BillingTerms, offers: readonly Offer[]): JsonObject => ({
  object: 'vouch.terms',
  gateway: terms.gateway,
  receipt_verifier: terms.receiptVerifier,
  orders_domain: { name: 'Vouch', version: '1', ...terms.registry },
  accepts: terms.accepts.map(offerObject),
  models: offers.map((offer) => ({
    id: offer.modelName,
    model_id: offer.modelId,
    unit: offer.unit ?? 'token',
    context_tokens_max: offer.contextTokensMax,
    completion_tokens_max: offer.completionTokensMax,
    price_hash: offer.priceHash,
    price_sheet: {
      ...offer.prices,
      promptAtomicPerMtok: String(offer.prices.promptAtomicPerMtok),
      cachedPromptAtomicPerMtok: String(offer.prices.cachedPromptAtomicPerMtok),
      completionAtomicPerMtok: String(offer.prices.completionAtomicPerMtok),
    },
  })),
})

const offerObject = (offer: ChannelOffer): JsonObject => ({
  chain_id: offer.chainId,
  settlement: offer.settlement,
  collector: offer.collector,
  asset: offer.asset.address,
  decimals: offer.asset.decimals,
  asset_domain: {
    name: offer.asset.name,
    version: offer.asset.version,
    chainId: offer.chainId,
    verifyingContract: offer.asset.address,
  },
  receiver: offer.receiver,
  receiver_authorizer: offer.receiverAuthorizer,
  withdraw_delay_min: offer.withdrawDelayMinS,
  minimum_deposit: String(offer.minimumDeposit),
})
