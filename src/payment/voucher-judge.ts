/*
 * What a voucher proves by itself, without the ledger and without the chain: its channel is one that this gateway serves on,
 * the channel's id is the hash of its terms, and its session key signed it.
 *
 * A payer sends one voucher after the other on the same channel, so what its terms were found to be is remembered, and the
 * key that signs for them: a key that is recovered again is compared instead of hashed. What remains is the recovery itself.
 * To verify with the remembered key would take four fifths of its time, but says nothing of `v`: a voucher with the wrong one
 * would be served here and refused by the contract.
 */
import { voucherChannelsRemembered } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { channelIdOf, voucherDigest } from '../chain/channel-typed-data.ts'
import { parseSignature, signerKey } from '../chain/signatures.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import type { VoucherRefusal } from '../domain/refusal.ts'
import type { Bytes32, Signature } from '../domain/units.ts'
import type { PresentedVoucher } from '../domain/x402-payment.ts'
import { type ChannelTerms, objectionTo } from './channel-terms.ts'

/** A channel that vouchers came for. */
type JudgedChannel = {
  readonly config: ChannelConfig
  /** Of its session key, once that has signed something. */
  publicKey: Uint8Array | undefined
}

/** A voucher whose form is right: what is left to ask is whether its session key signed it. */
export type FormalVoucher = {
  /** In the one form that the contract takes. */
  readonly signature: Signature
  readonly isSigned: () => boolean
}

export class VoucherJudge {
  readonly #terms: ChannelTerms
  readonly #channels = new Map<Bytes32, JudgedChannel>()

  constructor(terms: ChannelTerms) {
    this.#terms = terms
  }

  /** Checks in order of cost. */
  judge(voucher: PresentedVoucher): Result<FormalVoucher, VoucherRefusal> {
    const { config, channelId } = voucher
    const known = this.#channels.get(channelId)
    const isKnown = known !== undefined && areEqual(known.config, config)
    const objection = isKnown ? undefined : objectionTo(config, this.#terms)
    if (objection !== undefined) {
      return err({ reason: 'channel_terms_unacceptable', detail: objection })
    }
    const signature = parseSignature(voucher.signature)
    if (!signature.ok) return err({ reason: 'voucher_signature_invalid' })
    if (!isKnown && channelIdOf(this.#terms.domain, config) !== channelId) {
      return err({ reason: 'voucher_channel_mismatch' })
    }
    const channel = isKnown ? known : this.#remember(channelId, config)
    const isSigned = () => this.#isSigned(voucher, signature.value, channel)
    return ok({ signature: signature.value, isSigned })
  }

  #isSigned(voucher: PresentedVoucher, signature: Signature, channel: JudgedChannel): boolean {
    const digest = voucherDigest(this.#terms.domain, voucher)
    const signer = { account: channel.config.payerAuthorizer, publicKey: channel.publicKey }
    const publicKey = signerKey(digest, signature, signer)
    if (publicKey === undefined) return false
    channel.publicKey = publicKey
    return true
  }

  #remember(channelId: Bytes32, config: ChannelConfig): JudgedChannel {
    const channel: JudgedChannel = { config, publicKey: undefined }
    this.#channels.set(channelId, channel)
    const [oldest] = this.#channels.keys()
    if (this.#channels.size > voucherChannelsRemembered && oldest !== undefined) {
      this.#channels.delete(oldest)
    }
    return channel
  }
}

const areEqual = (one: ChannelConfig, other: ChannelConfig): boolean =>
  one === other ||
  (one.payer === other.payer &&
    one.payerAuthorizer === other.payerAuthorizer &&
    one.receiver === other.receiver &&
    one.receiverAuthorizer === other.receiverAuthorizer &&
    one.token === other.token &&
    one.withdrawDelay === other.withdrawDelay &&
    one.salt === other.salt)
