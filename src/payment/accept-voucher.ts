import { err, ok, type Result } from '../base/result.ts'
import { channelIdOf, voucherDigest } from '../chain/channel-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { Channel, ChannelConfig, ChannelOnChain } from '../domain/channel.ts'
import type { GatewayRefusal, HoldRefusal, VoucherRefusal } from '../domain/refusal.ts'
import {
  type Address,
  type AtomicAmount,
  type Bytes32,
  type Signature,
  zeroAddress,
} from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { verifyVoucher } from './verify-voucher.ts'

/** What a channel must look like for this gateway to serve on it. */
export type ChannelTerms = {
  readonly domain: DomainSeparator
  readonly token: Address
  readonly receiver: Address
  readonly receiverAuthorizer: Address
  /** The gateway must have time to claim after a withdrawal was started. */
  readonly withdrawDelayMinS: number
}

/** The chain's word on a channel; undefined when the chain cannot be asked now. */
export type ReadChannel = (channel: {
  readonly channelId: Bytes32
  readonly config: ChannelConfig
}) => Promise<ChannelOnChain | undefined>

export type VoucherOffer = {
  readonly config: ChannelConfig
  readonly maxClaimableAmount: AtomicAmount
  readonly signature: Signature
}

type AcceptRefusal = VoucherRefusal | HoldRefusal | GatewayRefusal

/** Checks a voucher as the contract would, against the chain's balance, and raises the tranche. Durable when it resolves. */
export async function acceptVoucher(
  deps: {
    readonly ledger: LedgerStore
    readonly terms: ChannelTerms
    readonly readChannel: ReadChannel
  },
  offer: VoucherOffer,
): Promise<Result<Channel, AcceptRefusal>> {
  const { ledger, terms } = deps
  const objection = objectionTo(offer.config, terms)
  if (objection !== undefined) {
    return err({ reason: 'channel_terms_unacceptable', detail: objection })
  }
  const channelId = channelIdOf(terms.domain, offer.config)
  const onChain = await deps.readChannel({ channelId, config: offer.config })
  if (onChain === undefined) return err({ reason: 'chain_unavailable' })
  const opened = await ledger.openChannel({ channelId, config: offer.config, onChain })
  await opened.durable
  await ledger.observeChain(channelId, onChain)
  const channel = (await ledger.channel(channelId)) ?? opened.value
  const { maxClaimableAmount, signature } = offer
  const verified = verifyVoucher(channel, { channelId, maxClaimableAmount, signature }, (voucher) =>
    recoverSigner(voucherDigest(terms.domain, voucher), voucher.signature),
  )
  if (!verified.ok) return verified
  const accepted = await ledger.acceptVoucher(verified.value)
  if (!accepted.ok) return accepted
  await accepted.value.durable
  return ok(accepted.value.value)
}

function objectionTo(config: ChannelConfig, terms: ChannelTerms): string | undefined {
  if (config.token !== terms.token) return `its asset must be ${terms.token}`
  if (config.receiver !== terms.receiver) return `its receiver must be ${terms.receiver}`
  if (config.receiverAuthorizer !== terms.receiverAuthorizer) {
    return `its receiverAuthorizer must be ${terms.receiverAuthorizer}`
  }
  if (config.withdrawDelay < terms.withdrawDelayMinS) {
    return `its withdrawDelay must be at least ${terms.withdrawDelayMinS} seconds`
  }
  // A contract payer could change its verdict on a signature between our check and our claim.
  if (config.payerAuthorizer === zeroAddress) return 'it needs a payerAuthorizer (session key)'
  return undefined
}
