import { err, ok, type Result } from '../base/result.ts'
import { refundOrderDigest, type TimedOrder } from '../chain/billing-typed-data.ts'
import { agreementDomain } from '../chain/fx-typed-data.ts'
import type { ApiKey } from '../domain/api-key.ts'
import type { BillingTerms } from '../domain/billing-terms.ts'
import type { Channel } from '../domain/channel.ts'
import type { DepositOrder } from '../domain/deposit.ts'
import type { KeySpending } from '../domain/key-spending.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AtomicAmount, Bytes32 } from '../domain/units.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import type { VoucherOffer } from './accept-voucher.ts'
import { authenticate } from './authenticate.ts'
import { authenticateOwner, isOwnersAuthorization, objectionToTime } from './authenticate-owner.ts'
import { grantApiKey } from './grant-api-key.ts'
import type { AssetPlace, Pricing } from './price-exchange.ts'
import { provenOwner, type SignedByOwner } from './proven-owner.ts'
import type { DepositRecord, DepositRelay, RelayedDeposit } from './relay-deposit.ts'
import { revokeApiKey } from './revoke-api-key.ts'

type ApiKeyInUse = { readonly key: ApiKey; readonly spending: KeySpending }

export type RefundSent = { readonly transactionHash: Bytes32; readonly amount: AtomicAmount }

/** Everything that the owner of a channel may ask and order. Reads need `reader` first; orders carry their own proof. */
export type BillingStep = {
  readonly terms: BillingTerms
  /** What offers cost in one of the assets that are taken. */
  readonly pricing: (place: AssetPlace) => Result<Pricing, Refusal>
  /** The channel whose books this `Authorization` header may read: that of an API key, or its owner's own. */
  readonly reader: (authorization: string | undefined) => Promise<Result<Bytes32, Refusal>>
  readonly channel: (channelId: Bytes32) => Promise<Result<Channel, Refusal>>
  readonly acceptVoucher: (voucher: VoucherOffer) => Promise<Result<Channel, Refusal>>
  readonly grantKey: (grant: Parameters<typeof grantApiKey>[1]) => Promise<Result<ApiKey, Refusal>>
  readonly revokeKey: (
    order: Parameters<typeof revokeApiKey>[1],
  ) => Promise<Result<ApiKey, Refusal>>
  readonly keys: (channelId: Bytes32) => Promise<Result<readonly ApiKeyInUse[], Refusal>>
  /** One of them, by its public name. */
  readonly key: (
    named: Pick<ApiKey, 'channelId' | 'apiKeyId'>,
  ) => Promise<Result<ApiKeyInUse, Refusal>>
  /** Documents as they were stored, in the order of the channel. */
  readonly receipts: (
    range: Parameters<LedgerStore['receipts']>[0],
  ) => Promise<Result<readonly string[], Refusal>>
  readonly refund: (order: SignedByOwner<TimedOrder>) => Promise<Result<RefundSent, Refusal>>
  /** Sends a deposit that its payer signed. The same authorization again answers the same deposit. */
  readonly deposit: (order: DepositOrder) => Promise<Result<RelayedDeposit, Refusal>>
  /** A deposit that this process sent. */
  readonly depositRecord: (depositId: Bytes32) => Result<DepositRecord, Refusal>
}

export type BillingDeps = {
  readonly ledger: LedgerStore
  readonly keys: ApiKeyStore
  readonly terms: BillingTerms
  readonly pricing: BillingStep['pricing']
  readonly acceptVoucher: BillingStep['acceptVoucher']
  /** Sends what was not charged back to the payer. */
  readonly refund: (channelId: Bytes32) => Promise<Result<RefundSent, Refusal>>
  readonly deposits: Pick<DepositRelay, 'relay' | 'record'>
  readonly nowMs: () => number
}

export function createBillingStep(deps: BillingDeps): BillingStep {
  const { ledger, keys, nowMs } = deps
  const domain = agreementDomain(deps.terms.registry)
  const register = { ledger, keys, domain }
  return {
    terms: deps.terms,
    pricing: deps.pricing,
    reader: (authorization) =>
      stored(async () => {
        if (authorization !== undefined && isOwnersAuthorization(authorization)) {
          return authenticateOwner({ ledger, domain }, authorization, nowMs())
        }
        const payer = await authenticate(keys, authorization, nowMs())
        return payer.ok ? ok(payer.value.channelId) : payer
      }),
    channel: (channelId) =>
      stored(async () => {
        const channel = await ledger.channel(channelId)
        return channel === undefined ? err({ reason: 'channel_not_found' }) : ok(channel)
      }),
    acceptVoucher: deps.acceptVoucher,
    grantKey: (grant) => stored(() => grantApiKey(register, grant, nowMs())),
    revokeKey: (order) => stored(() => revokeApiKey(register, order, nowMs())),
    keys: (channelId) => stored(async () => ok(await keysInUse(deps, channelId))),
    key: ({ channelId, apiKeyId }) =>
      stored(async () => {
        const key = (await keys.list(channelId)).find((one) => one.apiKeyId === apiKeyId)
        if (key === undefined) return err({ reason: 'api_key_not_found' })
        return ok({ key, spending: await ledger.keySpending(apiKeyId) })
      }),
    receipts: (range) => stored(() => readReceipts(ledger, range)),
    refund: (order) =>
      stored(async () => {
        if (objectionToTime(order, nowMs()) !== undefined) return err({ reason: 'order_outdated' })
        const digest = refundOrderDigest(domain, order)
        const owner = await provenOwner(ledger, { ...order, digest })
        return owner.ok ? deps.refund(order.channelId) : owner
      }),
    deposit: (order) => stored(() => deps.deposits.relay(order)),
    depositRecord: (depositId) => {
      const record = deps.deposits.record(depositId)
      return record === undefined ? err({ reason: 'deposit_not_found' }) : ok(record)
    },
  }
}

/** A page that would begin behind receipts that are gone is none: what is missing must not look like a gap. */
async function readReceipts(
  ledger: Pick<LedgerStore, 'receipts' | 'channel'>,
  range: Parameters<LedgerStore['receipts']>[0],
): Promise<Result<readonly string[], Refusal>> {
  const bodies = await ledger.receipts(range)
  if (bodies.length > 0) return ok(bodies)
  const channel = await ledger.channel(range.channelId)
  const isGone = range.limit > 0 && (channel?.receiptSeq ?? 0) > range.afterSeq
  return isGone ? err({ reason: 'receipt_expired' }) : ok(bodies)
}

async function keysInUse(
  { ledger, keys }: Pick<BillingDeps, 'ledger' | 'keys'>,
  channelId: Bytes32,
): Promise<readonly ApiKeyInUse[]> {
  const known = await keys.list(channelId)
  return Promise.all(
    known.map(async (key) => ({ key, spending: await ledger.keySpending(key.apiKeyId) })),
  )
}

/** What a store that fails makes of an order: nothing is known to have happened. */
async function stored<T>(act: () => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}
