import { domainSeparator } from '../chain/typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import type { PriceExchange } from '../payment/price-exchange.ts'
import { createX402Step, type X402Lane, type X402Step } from '../payment/x402-step.ts'
import type { MoneyPlace, MoneyPlaces } from './money-places.ts'
import type { OpenBilling } from './open-billing.ts'
import type { RunningSettlement } from './open-settlement.ts'

/** Payments request by request, on the channels and in the assets that owners of keys use as well. */
export function openX402(terms: {
  readonly config: GatewayConfig
  readonly places: MoneyPlaces
  readonly billing: OpenBilling
  readonly exchange: PriceExchange
  readonly settlement: Pick<RunningSettlement, 'sender'>
  readonly nowMs: () => number
}): X402Step {
  const { config, places, billing, exchange } = terms
  const [home, ...otherPlaces] = places
  const [homeLane, ...otherLanes] = billing.lanes
  const others = otherLanes.flatMap((lane, index): readonly X402Lane[] => {
    const place = otherPlaces[index]
    if (place === undefined) return []
    return [
      {
        ...lane.channels,
        deposits: lane.deposits,
        offer: lane.offer,
        pricing: () => exchange.pricingOf(place.asset),
      },
    ]
  })
  return createX402Step({
    ...homeLane.channels,
    deposits: homeLane.deposits,
    refund: billing.refund,
    offer: homeLane.offer,
    others,
    tokenDomain: tokenDomainAt(home),
    rpc: home.rpc,
    sender: terms.settlement.sender,
    confirmations: config.chain.confirmations,
    parallel: config.x402.parallel,
    exactMinimumAmount: config.x402.exactMinimum,
    nowMs: terms.nowMs,
  })
}

const tokenDomainAt = ({ chain: { chainId }, asset, token }: MoneyPlace) =>
  domainSeparator({ ...token, chainId, verifyingContract: asset.address })
