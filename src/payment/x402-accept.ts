/*
 * Takes the voucher that comes with a request, and makes the deposit that may come with it. Nothing is believed of what a
 * client says: the terms hash to the channel's id, the signature is the one that the contract would accept, the balance is
 * the chain's. A client that counts from another sum is told ours and tries again (x402's corrective 402).
 */
import { err, ok, type Result } from '../base/result.ts'
import { channelIdOf, voucherDigest } from '../chain/channel-typed-data.ts'
import { parseSignature, recoverSigner } from '../chain/signatures.ts'
import type { Channel } from '../domain/channel.ts'
import type {
  DepositRefusal,
  GatewayRefusal,
  HoldRefusal,
  PaymentRefusal,
  VoucherRefusal,
} from '../domain/refusal.ts'
import type { Payer } from '../domain/request.ts'
import { type AtomicAmount, atomic, type Bytes32, type Signature } from '../domain/units.ts'
import type { PaymentQuote, PresentedVoucher, VoucherPayment } from '../domain/x402-payment.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import type { ReadChannel } from './accept-voucher.ts'
import { type ChannelTerms, objectionTo } from './channel-terms.ts'
import type { DepositRelay } from './relay-deposit.ts'

export type AcceptDeps = {
  readonly ledger: LedgerStore
  readonly terms: ChannelTerms
  readonly readChannel: ReadChannel
  readonly deposits: Pick<DepositRelay, 'relay'>
}

export type AcceptRefusal =
  | PaymentRefusal
  | DepositRefusal
  | VoucherRefusal
  | HoldRefusal
  | GatewayRefusal

export type ChannelPayer = Extract<Payer, { kind: 'channel' }>

/** What a voucher proved: its signature in the one form that the contract takes. */
export type ProvenVoucher = { readonly signature: Signature }

/**
 * Accepts a voucher that pays for the quoted request beside those under way. One that was `proven` before it waited its turn
 * is not verified again: that is the dearest part of it. Throws StoreFailure.
 */
export async function acceptVoucherPayment(
  deps: AcceptDeps,
  payment: VoucherPayment,
  quote: Pick<PaymentQuote, 'ceilingAmount'>,
  proven?: ProvenVoucher,
): Promise<Result<ChannelPayer, AcceptRefusal>> {
  const { voucher } = payment
  const judged =
    proven === undefined
      ? await proveVoucher(deps, voucher)
      : ok({ ...proven, known: await deps.ledger.channel(voucher.channelId) })
  if (!judged.ok) return judged
  const { signature, known } = judged.value
  const current = await payableChannel(deps, payment, known)
  if (!current.ok) return current
  const { channel, transactionHash } = current.value
  const { maxClaimableAmount, channelId } = voucher
  const reach = channel.chargedCumulativeAmount + channel.heldAmount + quote.ceilingAmount
  if (maxClaimableAmount > channel.balance || maxClaimableAmount < reach) {
    return err({ reason: 'cumulative_amount_mismatch', channel })
  }
  if (maxClaimableAmount > channel.signedMaxClaimable) {
    const accepted = await deps.ledger.acceptVoucher({ channelId, maxClaimableAmount, signature })
    if (!accepted.ok) return accepted
    // The hold that follows is durable after it and not without it.
    accepted.value.durable.catch(() => undefined)
  }
  return ok({
    kind: 'channel',
    channelId,
    payment: {
      scheme: 'batch-settlement',
      maxClaimableAmount,
      toldAmount: channel.announcedAmount,
      clientBaseAmount: baseOf(payment),
      transactionHash,
    },
  })
}

/** From where the client counts: it signs the quoted amount beyond that. */
const baseOf = ({ voucher, quotedAmount }: VoucherPayment): AtomicAmount | undefined =>
  voucher.maxClaimableAmount < quotedAmount
    ? undefined
    : atomic(voucher.maxClaimableAmount - quotedAmount)

/** What a voucher proves without the chain, checks in order of cost. The same voucher again is not verified again. */
export async function proveVoucher(
  { ledger, terms }: Pick<AcceptDeps, 'ledger' | 'terms'>,
  voucher: PresentedVoucher,
): Promise<Result<ProvenVoucher & { readonly known: Channel | undefined }, AcceptRefusal>> {
  const { config, channelId, maxClaimableAmount } = voucher
  const objection = objectionTo(config, terms)
  if (objection !== undefined)
    return err({ reason: 'channel_terms_unacceptable', detail: objection })
  const parsed = parseSignature(voucher.signature)
  if (!parsed.ok) return err({ reason: 'voucher_signature_invalid' })
  const signature = parsed.value
  if (channelIdOf(terms.domain, config) !== channelId) {
    return err({ reason: 'voucher_channel_mismatch' })
  }
  const known = await ledger.channel(channelId)
  const wasVerified =
    known?.signedMaxClaimable === maxClaimableAmount && known.voucherSignature === signature
  const digest = () => voucherDigest(terms.domain, { channelId, maxClaimableAmount })
  return wasVerified || recoverSigner(digest(), signature) === config.payerAuthorizer
    ? ok({ signature, known })
    : err({ reason: 'voucher_signature_invalid' })
}

/** A channel that can be charged, and the deposit that was made for this very request. */
type Payable = { readonly channel: Channel; readonly transactionHash: Bytes32 | undefined }

/** The channel after the deposit that came along, or as the chain has it where the ledger may be behind. */
async function payableChannel(
  deps: AcceptDeps,
  { voucher, deposit }: VoucherPayment,
  known: Channel | undefined,
): Promise<Result<Payable, AcceptRefusal>> {
  const { maxClaimableAmount } = voucher
  if (deposit !== undefined) {
    const relayed = await deps.deposits.relay(deposit, maxClaimableAmount)
    if (!relayed.ok) return relayed
    return open(relayed.value.channel, relayed.value.deposit?.transactionHash)
  }
  const suffices = known !== undefined && !known.closing && maxClaimableAmount <= known.balance
  return suffices ? open(known) : lookUp(deps, voucher)
}

/** What the chain says now of a channel that the ledger does not know, or knows with too little on it. */
async function lookUp(
  { ledger, terms, readChannel }: AcceptDeps,
  { channelId, config }: PresentedVoucher,
): Promise<Result<Payable, AcceptRefusal>> {
  const onChain = await readChannel({ channelId, config })
  if (onChain === undefined) return err({ reason: 'chain_unavailable' })
  // Nothing was ever deposited: no row for it, and the client is told to count from nothing.
  if (onChain.balance === 0n)
    return err({ reason: 'cumulative_amount_mismatch', channel: undefined })
  const opened = await ledger.openChannel({ channelId, chainId: terms.chainId, config, onChain })
  opened.durable.catch(() => undefined)
  await ledger.observeChain(channelId, onChain)
  return open((await ledger.channel(channelId)) ?? opened.value)
}

function open(channel: Channel, transactionHash?: Bytes32): Result<Payable, AcceptRefusal> {
  if (channel.closing) return err({ reason: 'channel_closing' })
  return channel.frozen ? err({ reason: 'channel_frozen' }) : ok({ channel, transactionHash })
}
