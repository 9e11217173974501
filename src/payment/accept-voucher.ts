import { err, ok, type Result } from '../base/result.ts'
import { channelIdOf, voucherDigest } from '../chain/channel-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { Channel, ChannelConfig, ChannelOnChain } from '../domain/channel.ts'
import { openChannel } from '../domain/channel-ledger.ts'
import type { GatewayRefusal, HoldRefusal, VoucherRefusal } from '../domain/refusal.ts'
import {
  type Address,
  type AtomicAmount,
  type Bytes32,
  type Signature,
  zeroAddress,
} from '../domain/units.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import { verifyVoucher } from './verify-voucher.ts'

/** What a channel must look like for this gateway to serve on it. */
export type ChannelTerms = {
  readonly chainId: number
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
  const { config, maxClaimableAmount, signature } = offer
  const objection = objectionTo(config, terms)
  if (objection !== undefined) return unacceptable(objection)
  const channelId = channelIdOf(terms.domain, config)
  const onChain = await deps.readChannel({ channelId, config })
  if (onChain === undefined) return err({ reason: 'chain_unavailable' })
  if (onChain.balance === 0n) return unacceptable('nothing was deposited on it')
  try {
    const channel = await judgedChannel(ledger, {
      channelId,
      chainId: terms.chainId,
      config,
      onChain,
    })
    const voucher = { channelId, maxClaimableAmount, signature }
    const verified = verifyVoucher(channel, voucher, (canonical) =>
      recoverSigner(voucherDigest(terms.domain, canonical), canonical.signature),
    )
    if (!verified.ok) return verified
    await ledger.openChannel({ channelId, chainId: terms.chainId, config, onChain })
    const accepted = await ledger.acceptVoucher(verified.value)
    if (!accepted.ok) return accepted
    await accepted.value.durable
    return ok(accepted.value.value)
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}

/** A known channel as the chain has it now, or the book that would be opened: terms that were not proven leave no row. */
async function judgedChannel(
  ledger: LedgerStore,
  terms: Parameters<LedgerStore['openChannel']>[0],
): Promise<Channel> {
  const { channelId, onChain } = terms
  if ((await ledger.channel(channelId)) === undefined) return openChannel(terms)
  await ledger.observeChain(channelId, onChain)
  return (await ledger.channel(channelId)) ?? openChannel(terms)
}

const unacceptable = (detail: string): Result<never, VoucherRefusal> =>
  err({ reason: 'channel_terms_unacceptable', detail })

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
