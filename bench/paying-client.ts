/*
 * Requests that bring their payment: a fresh voucher in each, as x402's client sends it once it was quoted. Signed while the
 * load runs, on the load's core.
 */
import { encodeJsonHeader } from '../src/base/json-header.ts'
import {
  canonicalCollectorAddress,
  canonicalSettlementAddress,
} from '../src/chain/channel-settlement.ts'
import { channelDomain, channelIdOf, voucherDigest } from '../src/chain/channel-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../src/chain/signatures.ts'
import type { ChannelOffer } from '../src/domain/billing-terms.ts'
import type { ChannelConfig } from '../src/domain/channel.ts'
import { type Address, address, atomic, zeroBytes32 } from '../src/domain/units.ts'

const chainId = 31337
const account = (digit: string): Address => address(`0x${digit.repeat(40)}`)

/** Where the benchmark's channel would be, if it were on a chain. */
export const benchOffer: ChannelOffer = {
  chainId,
  settlement: canonicalSettlementAddress,
  collector: canonicalCollectorAddress,
  asset: { address: account('a'), decimals: 6, name: 'Bench', version: '1' },
  receiver: account('3'),
  receiverAuthorizer: account('4'),
  withdrawDelayMinS: 3_600,
  minimumDeposit: atomic(1_000_000n),
}

export const benchDomain = channelDomain({
  chainId,
  verifyingContract: benchOffer.settlement,
})

/** What the load needs to sign; the key is made for one run. */
export type PayingClient = { readonly sessionKey: PrivateKey; readonly config: ChannelConfig }

export function newPayingClient(): PayingClient {
  const sessionKey = randomPrivateKey()
  const config: ChannelConfig = {
    payer: account('1'),
    payerAuthorizer: addressOfPrivateKey(sessionKey),
    receiver: benchOffer.receiver,
    receiverAuthorizer: benchOffer.receiverAuthorizer,
    token: benchOffer.asset.address,
    withdrawDelay: benchOffer.withdrawDelayMinS,
    salt: zeroBytes32,
  }
  return { sessionKey, config }
}

/** Above the worst case of one request of traffic.ts. */
const step = 2_000n
/** Requests that may be under way at once. */
const ahead = 1_024n

/** Header lines for one request after the other, each with the next higher voucher. */
export function payingHeaders({ sessionKey, config }: PayingClient): () => string {
  const channelId = channelIdOf(benchDomain, config)
  let sent = ahead
  return () => {
    sent += 1n
    const maxClaimableAmount = atomic(sent * step)
    const digest = voucherDigest(benchDomain, { channelId, maxClaimableAmount })
    const signature = signDigest(digest, sessionKey)
    const header = encodeJsonHeader({
      x402Version: 2,
      accepted: { scheme: 'batch-settlement', network: `eip155:${chainId}`, amount: String(step) },
      payload: {
        type: 'voucher',
        channelConfig: config,
        voucher: { channelId, maxClaimableAmount: String(maxClaimableAmount), signature },
      },
    })
    return `x-payment-parallel: 32\r\npayment-signature: ${header}`
  }
}
