import type { ChannelConfig } from './channel.ts'
import type { AtomicAmount, Bytes32, Signature, UnixSeconds } from './units.ts'

/** A payer's signed leave to take a deposit: by the token itself (ERC-3009), or by Permit2 for tokens without it. */
export type DepositAuthorization =
  | {
      readonly kind: 'eip3009'
      /** Exclusive, as is `validBefore`. */
      readonly validAfter: UnixSeconds
      readonly validBefore: UnixSeconds
      /** Makes the nonce, together with the channel: another one for each deposit. */
      readonly salt: Bytes32
      readonly signature: Signature
    }
  | {
      readonly kind: 'permit2'
      readonly nonce: bigint
      /** Inclusive. */
      readonly deadline: UnixSeconds
      readonly signature: Signature
    }

/** A deposit that a payer asked for and anyone may send. */
export type DepositOrder = {
  /** The chain that the channel is on; undefined: the gateway's home chain. */
  readonly chainId?: number | undefined
  readonly config: ChannelConfig
  readonly amount: AtomicAmount
  readonly authorization: DepositAuthorization
}
