import type { Hex } from '../base/hex.ts'
import type { DepositAuthorization, DepositOrder } from '../domain/deposit.ts'
import type { Address, AtomicAmount, Bytes32 } from '../domain/units.ts'
import { depositNonce, receiveWithAuthorizationDigest } from './channel-typed-data.ts'
import type { Contract, ContractCall } from './contracts.ts'
import type { DomainSeparator } from './typed-data.ts'

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
