/*
 * A client made of x402's own parts as its documentation joins them: `@x402/fetch` with
 * batch-settlement's client scheme, a wallet for deposits and a session key for vouchers.
 */
import { decodePaymentSignatureHeader } from '@x402/core/http'
import { toClientEvmSigner } from '@x402/evm'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client'
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
  /** Asks for what is not spent, or a part of it in atomic units. */
  readonly refund: (url: string, amount?: string) => Promise<void>
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
}): Buyer {
  const wallet = privateKeyToAccount(terms.walletKey)
  const chain = createPublicClient({ chain: foundry, transport: http(terms.rpcUrl) })
  const scheme = new BatchSettlementEvmScheme(
    toClientEvmSigner(wallet, chain as unknown as Parameters<typeof toClientEvmSigner>[1]),
    terms.sessionKey === undefined
      ? undefined
      : { voucherSigner: privateKeyToAccount(terms.sessionKey) },
  )
  const client = x402Client.fromConfig({
    schemes: [{ network: devNetwork, client: scheme }],
    // Any asset but the chains' default ones has to be named.
    spendControls: {
      allowedAssets: [{ network: devNetwork, asset: terms.asset, maxAmountPerPayment: paymentMax }],
    },
  })
  const sent: { readonly type: string; readonly channelConfig: ChannelConfig }[] = []
  const watchedFetch: typeof fetch = (input, init) => {
    const header = new Request(input, init).headers.get('PAYMENT-SIGNATURE')
    if (header !== null) {
      sent.push(decodePaymentSignatureHeader(header).payload as (typeof sent)[number])
    }
    return fetch(input, init)
  }
  const fetchAndPay = wrapFetchWithPayment(watchedFetch, client)
  return {
    wallet: address(wallet.address),
    ask: async (url) => (await fetchAndPay(url)).status,
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
