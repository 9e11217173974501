import type { JsonRpc } from '../chain/json-rpc.ts'
import { domainSeparator } from '../chain/typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import { createX402Step, type X402Step } from '../payment/x402-step.ts'
import type { OpenBilling } from './open-billing.ts'
import type { RunningSettlement } from './open-settlement.ts'

/** Payments request by request, on the channels and the asset that owners of keys use as well. */
export function openX402(terms: {
  readonly config: GatewayConfig
  readonly rpc: JsonRpc
  readonly billing: OpenBilling
  readonly settlement: Pick<RunningSettlement, 'sender'>
  readonly nowMs: () => number
}): X402Step | undefined {
  const { config, billing } = terms
  const [offer] = billing.billing.terms.accepts
  if (offer === undefined) return undefined
  const { chainId, asset } = offer
  const { name, version } = asset
  const place = { chainId, verifyingContract: asset.address }
  return createX402Step({
    ...billing.channels,
    deposits: billing.deposits,
    refund: billing.refund,
    offer,
    tokenDomain: domainSeparator({ name, version, ...place }),
    rpc: terms.rpc,
    sender: terms.settlement.sender,
    confirmations: config.chain.confirmations,
    parallel: config.x402.parallel,
    exactMinimumAmount: config.x402.exactMinimum,
    nowMs: terms.nowMs,
  })
}
