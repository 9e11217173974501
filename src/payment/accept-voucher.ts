import { err, ok, type Result } from '../base/result.ts'
import { channelIdOf, voucherDigest } from '../chain/channel-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { Channel, ChannelConfig, ChannelOnChain } from '../domain/channel.ts'
import { openChannel } from '../domain/channel-ledger.ts'
import type { GatewayRefusal, HoldRefusal, VoucherRefusal } from '../domain/refusal.ts'
import type { AtomicAmount, Bytes32, Signature } from '../domain/units.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import { type ChannelTerms, objectionTo } from './channel-terms.ts'
import { verifyVoucher } from './verify-voucher.ts'

/** The chain's word on a channel, its balance as far as it is final; undefined when the chain cannot be asked now. */
export type ReadChannel = (channel: {
  readonly channelId: Bytes32
  readonly config: ChannelConfig
  /** Of a deposit that was seen to arrive: what of it counts although it is not final. */
  readonly arrivedAmount?: AtomicAmount
}) => Promise<ChannelOnChain | undefined>

export type VoucherOffer = {
  /** The chain that the channel is on; undefined: the gateway's home chain. */
  readonly chainId?: number | undefined
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
