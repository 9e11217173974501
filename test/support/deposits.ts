/*
 * Wallets that sign deposits into channels of a gateway on the development chain.
 */
import { randomBytes } from 'node:crypto'
import { toHex } from '../../src/base/hex.ts'
import { channelDomain, channelIdOf } from '../../src/chain/channel-typed-data.ts'
import { readContract } from '../../src/chain/contracts.ts'
import { depositDigest } from '../../src/chain/deposit-authorization.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { openSender, type Sender, sendCall } from '../../src/chain/transactions.ts'
import { devContractHandles, devUsdDomain } from '../../src/dev/dev-contracts.ts'
import type { ChannelConfig } from '../../src/domain/channel.ts'
import type { DepositOrder } from '../../src/domain/deposit.ts'
import {
  type Address,
  atomic,
  type Bytes32,
  bytes32,
  noSignature,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { expectOk, type TestDevChain } from './dev-chain.ts'

export type Wallet = {
  readonly address: Address
  readonly privateKey: PrivateKey
  readonly config: ChannelConfig
  readonly channelId: Bytes32
  /** A signed deposit, good for an hour. */
  readonly order: (
    amount: bigint,
    change?: { readonly validBeforeS?: number; readonly config?: Partial<ChannelConfig> },
  ) => DepositOrder
}

/** Mints `pocket` atomic units for a new wallet whose session key is its own. */
export async function openWallet(
  { chain, dev }: TestDevChain,
  terms: {
    readonly minter: Sender
    readonly receiver: Address
    readonly receiverAuthorizer: Address
    readonly pocket: bigint
  },
): Promise<Wallet> {
  const handles = devContractHandles(dev.contracts)
  const privateKey = randomPrivateKey()
  const address = addressOfPrivateKey(privateKey)
  const mint = { contract: handles.asset, functionName: 'mint', args: [address, terms.pocket] }
  expectOk(await sendCall(terms.minter, mint))
  const place = { chainId: dev.chainId, verifyingContract: dev.contracts.settlement }
  const tokenPlace = { chainId: dev.chainId, verifyingContract: dev.contracts.asset }
  const config: ChannelConfig = {
    payer: address,
    payerAuthorizer: address,
    receiver: terms.receiver,
    receiverAuthorizer: terms.receiverAuthorizer,
    token: dev.contracts.asset,
    withdrawDelay: 86_400,
    salt: zeroBytes32,
  }
  const nowS = await blockTime(chain.rpc)
  return {
    address,
    privateKey,
    config,
    channelId: channelIdOf(channelDomain(place), config),
    order: (amount, change = {}) => {
      const asked = { ...config, ...change.config }
      const unsigned = {
        kind: 'eip3009',
        validAfter: unixSeconds(0),
        validBefore: unixSeconds(change.validBeforeS ?? nowS + 3_600),
        salt: bytes32(toHex(randomBytes(32))),
        signature: noSignature,
      } as const
      const digest = depositDigest(devUsdDomain(tokenPlace), {
        channelId: channelIdOf(channelDomain(place), asked),
        payer: asked.payer,
        collector: dev.contracts.eip3009Collector,
        amount: atomic(amount),
        authorization: unsigned,
      })
      const authorization = { ...unsigned, signature: signDigest(digest, privateKey) }
      return { config: asked, amount: atomic(amount), authorization }
    },
  }
}

/** An account that can pay for gas. */
export async function openGasAccount(
  { chain, dev }: TestDevChain,
  privateKey: PrivateKey = randomPrivateKey(),
): Promise<Sender> {
  const sender = openSender({ rpc: chain.rpc, chainId: dev.chainId, privateKey })
  const gas = `0x${(10n ** 20n).toString(16)}`
  expectOk(await chain.rpc.call('anvil_setBalance', [sender.address, gas]))
  return sender
}

/** Atomic units of the development asset. */
export async function tokensOf({ chain, dev }: TestDevChain, account: Address): Promise<bigint> {
  const { asset } = devContractHandles(dev.contracts)
  const call = { contract: asset, functionName: 'balanceOf', args: [account] }
  return expectOk(await readContract(chain.rpc, call))[0] as bigint
}

async function blockTime(rpc: TestDevChain['chain']['rpc']): Promise<number> {
  const block = expectOk(await rpc.call('eth_getBlockByNumber', ['latest', false]))
  return Number((block as { readonly timestamp: string }).timestamp)
}
