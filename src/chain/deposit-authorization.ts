import type { Hex } from '../base/hex.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import type { Address, AtomicAmount, Bytes32, Signature, UnixSeconds } from '../domain/units.ts'
import { depositNonce, receiveWithAuthorizationDigest } from './channel-typed-data.ts'
import type { Contract, ContractCall } from './contracts.ts'
import type { DomainSeparator } from './typed-data.ts'

/** Where Permit2 stands on every chain that has it. */
export const permit2Address = '0x000000000022d473030f116ddee9f6b43ac78ba3' as Address

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
  readonly config: ChannelConfig
  readonly amount: AtomicAmount
  readonly authorization: DepositAuthorization
}

/** The contracts that take deposits; Permit2's only where the operator configured it. */
export type DepositCollectors = {
  readonly eip3009: Address
  readonly permit2: Address | undefined
}

/** The transaction that executes the order; undefined where this kind of authorization is not taken. */
export async function orderedDepositCall(
  place: { readonly settlement: Contract; readonly collectors: DepositCollectors },
  { config, amount, authorization }: DepositOrder,
): Promise<ContractCall | undefined> {
  const collector = place.collectors[authorization.kind]
  if (collector === undefined) return undefined
  return {
    contract: place.settlement,
    functionName: 'deposit',
    args: [config, amount, collector, await collectorData(authorization)],
  }
}

async function collectorData(authorization: DepositAuthorization): Promise<Hex> {
  const { AbiCoder } = await import('ethers')
  const coder = AbiCoder.defaultAbiCoder()
  const { signature } = authorization
  if (authorization.kind === 'eip3009') {
    const { validAfter, validBefore, salt } = authorization
    const types = ['uint256', 'uint256', 'uint256', 'bytes']
    return coder.encode(types, [validAfter, validBefore, salt, signature]) as Hex
  }
  const { nonce, deadline } = authorization
  // The last one would be an EIP-2612 permit for Permit2: without it the payer approved Permit2 before.
  const types = ['uint256', 'uint256', 'bytes', 'bytes']
  return coder.encode(types, [nonce, deadline, signature, '0x']) as Hex
}

/** What the payer's wallet signed for a deposit by ERC-3009. `tokenDomain` is the token's own EIP-712 domain. */
export const depositDigest = (
  tokenDomain: DomainSeparator,
  deposit: {
    readonly channelId: Bytes32
    readonly payer: Address
    readonly collector: Address
    readonly amount: AtomicAmount
    readonly authorization: Extract<DepositAuthorization, { kind: 'eip3009' }>
  },
): Bytes32 =>
  receiveWithAuthorizationDigest(tokenDomain, {
    from: deposit.payer,
    to: deposit.collector,
    value: deposit.amount,
    validAfter: deposit.authorization.validAfter,
    validBefore: deposit.authorization.validBefore,
    nonce: depositNonce({ channelId: deposit.channelId, salt: deposit.authorization.salt }),
  })
