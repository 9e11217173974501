/*
 * A client made of x402's own parts as its documentation joins them: `@x402/fetch` with
 * batch-settlement's client scheme, a wallet for deposits and a session key for vouchers.
 */
import { decodePaymentSignatureHeader } from '@x402/core/http'
import { toClientEvmSigner } from '@x402/evm'
import {
  BatchSettlementEvmScheme,
  type ClientChannelStorage,
  InMemoryClientChannelStorage,
} from '@x402/evm/batch-settlement/client'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { createPublicClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import type { ChannelConfig } from '../../src/domain/channel.ts'
import { type Address, address, bytes32 } from '../../src/domain/units.ts'
import { devNetwork } from './x402-seller.ts'

export type Buyer = {
  readonly wallet: Address
  /** Asks and pays; the answer's status. */
  readonly ask: (url: string) => Promise<number>
  /** `fetch` that pays. */
  readonly fetch: typeof fetch
  /** Asks for what is not spent, or a part of it in atomic units. */
  readonly refund: (url: string, amount?: string) => Promise<void>
  /** Each PAYMENT-SIGNATURE that was sent, in order. */
  readonly headers: readonly string[]
  /** Statuses of all answers, those of the first tries included. */
  readonly statuses: readonly number[]
  /** The kind of each payment that was sent, in order. */
  readonly payments: readonly string[]
  /** The terms of the one channel that was paid by. */
  readonly channel: () => ChannelConfig
}

/** The most that one payment may authorize, atomic units; a deposit is at most five times as much. */
const paymentMax = '100000'

export function openBuyer(terms: {
  readonly rpcUrl: string
  readonly asset: Address
  readonly walletKey: PrivateKey
  /** Signs the vouchers; without it the wallet does. */
  readonly sessionKey?: PrivateKey
  readonly storage?: ClientChannelStorage
  /** `exact` pays each request by a transfer of its own. */
  readonly scheme?: 'batch-settlement' | 'exact'
}): Buyer {
  const wallet = privateKeyToAccount(terms.walletKey)
  const chain = createPublicClient({ chain: foundry, transport: http(terms.rpcUrl) })
  const signer = toClientEvmSigner(
    wallet,
    chain as unknown as Parameters<typeof toClientEvmSigner>[1],
  )
  const scheme = new BatchSettlementEvmScheme(signer, {
    storage: terms.storage ?? new InMemoryClientChannelStorage(),
    ...(terms.sessionKey === undefined
      ? {}
      : { voucherSigner: privateKeyToAccount(terms.sessionKey) }),
  })
  const client = x402Client.fromConfig({
    schemes: [
      {
        network: devNetwork,
        client: terms.scheme === 'exact' ? new ExactEvmScheme(signer) : scheme,
      },
    ],
    // Any asset but the chains' default ones has to be named.
    spendControls: {
      allowedAssets: [{ network: devNetwork, asset: terms.asset, maxAmountPerPayment: paymentMax }],
    },
  })
  const sent: { readonly type: string; readonly channelConfig: ChannelConfig }[] = []
  const headers: string[] = []
  const statuses: number[] = []
  const watchedFetch: typeof fetch = async (input, init) => {
    // Not `instanceof Request`: hono's server may have put a class of its own in its place.
    const { headers: asked } = typeof input === 'object' && 'headers' in input ? input : { ...init }
    const header = new Headers(asked).get('PAYMENT-SIGNATURE')
    if (header !== null) {
      headers.push(header)
      sent.push(decodePaymentSignatureHeader(header).payload as (typeof sent)[number])
    }
    const response = await fetch(input, init)
    statuses.push(response.status)
    return response
  }
  const fetchAndPay = wrapFetchWithPayment(watchedFetch, client)
  return {
    wallet: address(wallet.address),
    ask: async (url) => (await fetchAndPay(url)).status,
    fetch: fetchAndPay,
    headers,
    statuses,
    refund: async (url, amount) => {
      const outcome = await scheme.refund(url, {
        fetch: watchedFetch,
        ...(amount === undefined ? {} : { amount }),
      })
      if (!outcome.success) throw new Error(`no refund: ${outcome.errorReason}`)
    },
    get payments() {
      return sent.map(({ type }) => type)
    },
    channel: () => {
      const config = sent.at(-1)?.channelConfig
      if (config === undefined) throw new Error('nothing was paid yet')
      return {
        payer: address(config.payer),
        payerAuthorizer: address(config.payerAuthorizer),
        receiver: address(config.receiver),
        receiverAuthorizer: address(config.receiverAuthorizer),
        token: address(config.token),
        withdrawDelay: config.withdrawDelay,
        salt: bytes32(config.salt),
      }
    },
  }
}
