import { err, ok, type Result } from '../base/result.ts'
import type { ChannelOffer } from '../domain/billing-terms.ts'
import type { VoucherRefusal } from '../domain/refusal.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { acceptVoucher } from './accept-voucher.ts'
import type { DepositRecord, DepositRelay } from './relay-deposit.ts'

/** One chain and asset that payers' channels may be in, and what judges and fills them there. */
export type PayerLane = {
  readonly offer: ChannelOffer
  readonly channels: Parameters<typeof acceptVoucher>[0]
  readonly deposits: DepositRelay
}

/** The home chain's own asset, and then the others. */
export type PayerLanes = readonly [PayerLane, ...PayerLane[]]

/**
 * The lane of a channel's chain (the home chain where none is named) and token. In another token of a chain that is taken it
 * is the first of that chain, which objects to the token by its name.
 */
export function payerLane(
  lanes: PayerLanes,
  place: { readonly chainId: number | undefined; readonly token: Address },
): Result<PayerLane, VoucherRefusal> {
  const chainId = place.chainId ?? lanes[0].offer.chainId
  const there = lanes.filter(({ offer }) => offer.chainId === chainId)
  const lane = there.find(({ offer }) => offer.asset.address === place.token) ?? there[0]
  if (lane !== undefined) return ok(lane)
  const taken = [...new Set(lanes.map(({ offer }) => offer.chainId))].join(' or ')
  return err({ reason: 'channel_terms_unacceptable', detail: `its chain must be ${taken}` })
}

/** Deposits on every chain that is taken, as one. */
export const depositsOn = (lanes: PayerLanes): Pick<DepositRelay, 'relay' | 'record'> => ({
  relay: async (order, enough): ReturnType<DepositRelay['relay']> => {
    const lane = payerLane(lanes, { chainId: order.chainId, token: order.config.token })
    return lane.ok ? lane.value.deposits.relay(order, enough) : lane
  },
  record: (depositId: Bytes32): DepositRecord | undefined =>
    lanes.map(({ deposits }) => deposits.record(depositId)).find((record) => record !== undefined),
})
