/*
 * Takes the voucher that comes with a request, and makes the deposit that may come with it. Nothing is believed of what a
 * client says: the terms hash to the channel's id, the signature is the one that the contract would accept, the balance is
 * the chain's. A client that counts from another sum is told ours and tries again (x402's corrective 402).
 */
import { err, ok, type Result } from '../base/result.ts'
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
import type { ChannelTerms } from './channel-terms.ts'
import type { DepositRelay } from './relay-deposit.ts'
import type { VoucherJudge } from './voucher-judge.ts'

/** A chain and asset in which vouchers are taken. */
export type LaneDeps = {
  readonly ledger: LedgerStore
  readonly terms: ChannelTerms
  readonly readChannel: ReadChannel
  readonly deposits: Pick<DepositRelay, 'relay'>
}

export type AcceptDeps = LaneDeps & {
  /** Of the same terms. */
  readonly judge: VoucherJudge
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
  const current =
    known !== undefined && isCovered(known, payment)
      ? open(known)
      : await payableChannel(deps, payment)
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

/** What a voucher proves without the chain. The same voucher again is not verified again. */
export async function proveVoucher(
  { ledger, judge }: Pick<AcceptDeps, 'ledger' | 'judge'>,
  voucher: PresentedVoucher,
): Promise<Result<ProvenVoucher & { readonly known: Channel | undefined }, AcceptRefusal>> {
  const judged = judge.judge(voucher)
  if (!judged.ok) return judged
  const { signature, isSigned } = judged.value
  const known = await ledger.channel(voucher.channelId)
  const wasVerified =
    known?.signedMaxClaimable === voucher.maxClaimableAmount && known.voucherSignature === signature
  return wasVerified || isSigned()
    ? ok({ signature, known })
    : err({ reason: 'voucher_signature_invalid' })
}

/** A channel that can be charged, and the deposit that was made for this very request. */
type Payable = { readonly channel: Channel; readonly transactionHash: Bytes32 | undefined }

/** Whether the ledger knows enough: no deposit comes along, and what was deposited before is enough. */
const isCovered = (known: Channel, { voucher, deposit }: VoucherPayment): boolean =>
  deposit === undefined && !known.closing && voucher.maxClaimableAmount <= known.balance

/** The channel after the deposit that came along, or as the chain has it where the ledger may be behind. */
async function payableChannel(
  deps: AcceptDeps,
  { voucher, deposit }: VoucherPayment,
): Promise<Result<Payable, AcceptRefusal>> {
  if (deposit === undefined) return lookUp(deps, voucher)
  const relayed = await deps.deposits.relay(deposit, voucher.maxClaimableAmount)
  if (!relayed.ok) return relayed
  return open(relayed.value.channel, relayed.value.deposit?.transactionHash)
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
