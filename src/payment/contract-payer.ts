/*
 * Contracts as payers. Their chain pays contributor and gateway when an answer is delivered, so that here they have a book without
 * money: its receipts stand in one order, as those of every payer do, and each is of a cost of zero. It is no channel on the chain
 * (domain/channel.ts `settledUpFrontDelay`): nothing is observed, claimed or refunded there.
 * docs/decisions/0022-contracts-that-ask.md
 */
import { keccak256Hex, keccak256Utf8 } from '../chain/keccak.ts'
import { addressWord, hashWord, uintWord } from '../chain/typed-data.ts'
import { type ChannelConfig, settledUpFrontDelay } from '../domain/channel.ts'
import type { ContractAsk } from '../domain/contract-job.ts'
import type { Payer } from '../domain/request.ts'
import { type Address, atomic, type Bytes32, zeroAddress, zeroBytes32 } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'

type Asked = Pick<ContractAsk, 'chainId' | 'coordinator' | 'consumer'>

const tag = keccak256Utf8('vouch contract payer v1')

/** The book of one consumer at one coordinator. No hash of a channel's terms begins with this tag. */
export const contractChannelId = ({ chainId, coordinator, consumer }: Asked): Bytes32 =>
  keccak256Hex(
    hashWord(tag) + uintWord(chainId, 256) + addressWord(coordinator) + addressWord(consumer),
  )

/** Where prices are written: what is charged nothing is charged it in the home asset. */
export type ContractBooks = {
  readonly ledger: Pick<LedgerStore, 'openChannel' | 'channel'>
  readonly home: { readonly chainId: number; readonly asset: Address }
  readonly receiver: Address
}

/** Opens the book where there is none. Durable when it resolves; throws StoreFailure. */
export async function contractPayer(
  { ledger, home, receiver }: ContractBooks,
  ask: ContractAsk,
): Promise<Extract<Payer, { readonly kind: 'contract' }>> {
  const channelId = contractChannelId(ask)
  if ((await ledger.channel(channelId)) === undefined) {
    const config: ChannelConfig = {
      payer: ask.consumer,
      payerAuthorizer: zeroAddress,
      receiver,
      receiverAuthorizer: zeroAddress,
      token: home.asset,
      withdrawDelay: settledUpFrontDelay,
      salt: zeroBytes32,
    }
    const nothing = atomic(0n)
    const onChain = { balance: nothing, totalClaimed: nothing, withdrawFinalAtS: undefined }
    const terms = { channelId, chainId: home.chainId, config, onChain }
    await (await ledger.openChannel(terms)).durable
  }
  return { kind: 'contract', channelId, ask }
}
