import { randomBytes } from 'node:crypto'
import { type Hex, toHex } from '../base/hex.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import {
  type Address,
  type AtomicAmount,
  type Bytes32,
  bytes32,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import { depositNonce, receiveWithAuthorizationDigest } from './channel-typed-data.ts'
import type { Contract, ContractCall } from './contracts.ts'
import type { PrivateKey } from './private-key.ts'
import { signDigest } from './signatures.ts'
import type { DomainSeparator } from './typed-data.ts'

/**
 * A deposit into a channel that anyone may send: the payer's ERC-3009 authorization to the collector goes with it, and its
 * nonce ties it to this channel. `tokenDomain` is the token's own EIP-712 domain.
 */
export async function depositCall(terms: {
  readonly settlement: Contract
  readonly collector: Address
  readonly tokenDomain: DomainSeparator
  readonly channel: { readonly channelId: Bytes32; readonly config: ChannelConfig }
  readonly amount: AtomicAmount
  readonly validBefore: UnixSeconds
  readonly payerKey: PrivateKey
}): Promise<ContractCall> {
  const { settlement, collector, tokenDomain, channel, amount, validBefore, payerKey } = terms
  const salt = bytes32(toHex(randomBytes(32)))
  const validAfter = unixSeconds(0)
  const digest = receiveWithAuthorizationDigest(tokenDomain, {
    from: channel.config.payer,
    to: collector,
    value: amount,
    validAfter,
    validBefore,
    nonce: depositNonce({ channelId: channel.channelId, salt }),
  })
  const { AbiCoder } = await import('ethers')
  const collectorData = AbiCoder.defaultAbiCoder().encode(
    ['uint256', 'uint256', 'uint256', 'bytes'],
    [validAfter, validBefore, salt, signDigest(digest, payerKey)],
  ) as Hex
  return {
    contract: settlement,
    functionName: 'deposit',
    args: [channel.config, amount, collector, collectorData],
  }
}
