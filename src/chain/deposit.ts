import { randomBytes } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { toHex } from '../base/hex.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import {
  type Address,
  type AtomicAmount,
  type Bytes32,
  bytes32,
  noSignature,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import type { Contract, ContractCall } from './contracts.ts'
import { depositDigest, orderedDepositCall } from './deposit-authorization.ts'
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
  const unsigned = {
    kind: 'eip3009',
    validAfter: unixSeconds(0),
    validBefore,
    salt: bytes32(toHex(randomBytes(32))),
    signature: noSignature,
  } as const
  const digest = depositDigest(tokenDomain, {
    channelId: channel.channelId,
    payer: channel.config.payer,
    collector,
    amount,
    authorization: unsigned,
  })
  const authorization = { ...unsigned, signature: signDigest(digest, payerKey) }
  const collectors = { eip3009: collector, permit2: undefined }
  const order = { config: channel.config, amount, authorization }
  const call = await orderedDepositCall({ settlement, collectors }, order)
  assert(call !== undefined, 'there is a collector for ERC-3009')
  return call
}
