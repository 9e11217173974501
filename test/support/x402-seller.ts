/*
 * A shop made of x402's own parts as its documentation joins them: `@x402/hono` before a route,
 * batch-settlement's server scheme, and a facilitator in the same process that pays the gas.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { x402Facilitator } from '@x402/core/facilitator'
import type { FacilitatorClient } from '@x402/core/server'
import type { Network } from '@x402/core/types'
import { type FacilitatorEvmSigner, toFacilitatorEvmSigner } from '@x402/evm'
import { BatchSettlementEvmScheme as FacilitatorScheme } from '@x402/evm/batch-settlement/facilitator'
import {
  type BatchSettlementChannelManager,
  BatchSettlementEvmScheme as ServerScheme,
} from '@x402/evm/batch-settlement/server'
import { paymentMiddleware, setSettlementOverrides, x402ResourceServer } from '@x402/hono'
import { Hono } from 'hono'
import { createWalletClient, http, publicActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import type { Address } from '../../src/domain/units.ts'

/** CAIP-2 of the development chain. */
export const devNetwork: Network = `eip155:${foundry.id}`

/** Seconds; the least that x402 allows. */
export const withdrawDelayS = 900

/** An authorization outlives the time that a test makes the chain jump. */
const authorizationValidS = 4 * withdrawDelayS

export type Seller = {
  /** Answers `GET`. `price` is quoted (the most that may be charged), `charge` is taken: atomic units. */
  readonly url: string
  readonly receiver: Address
  /** Claims, settles and refunds. */
  readonly channels: BatchSettlementChannelManager
  readonly close: () => Promise<void>
}

export async function openSeller(terms: {
  readonly rpcUrl: string
  readonly asset: Address
  readonly receiver: Address
  /** Signs claims and refunds for the receiver. */
  readonly authorizerKey: PrivateKey
  /** Sends the transactions. */
  readonly facilitatorKey: PrivateKey
}): Promise<Seller> {
  const { asset, receiver } = terms
  const scheme = new ServerScheme(receiver, {
    receiverAuthorizerSigner: privateKeyToAccount(terms.authorizerKey),
    withdrawDelay: withdrawDelayS,
  })
  const facilitator = facilitatorOf(terms)
  const resourceServer = new x402ResourceServer(facilitator).register(devNetwork, scheme)
  const app = new Hono()
  app.use(
    paymentMiddleware(
      {
        'GET /answer': {
          accepts: {
            scheme: 'batch-settlement',
            network: devNetwork,
            payTo: receiver,
            maxTimeoutSeconds: authorizationValidS,
            price: ({ adapter }) => ({
              asset,
              amount: String(adapter.getQueryParam?.('price') ?? '1000'),
              extra: { name: 'Dev USD', version: '1' },
            }),
          },
        },
      },
      resourceServer,
    ),
  )
  app.get('/answer', (context) => {
    const charge = context.req.query('charge')
    if (charge !== undefined) setSettlementOverrides(context, { amount: charge })
    return context.json({ answer: 42 })
  })
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/answer`,
    receiver,
    channels: scheme.createChannelManager(facilitator, devNetwork, asset),
    close: () => closeServer(server),
  }
}

function facilitatorOf(terms: {
  readonly rpcUrl: string
  readonly facilitatorKey: PrivateKey
}): FacilitatorClient {
  const account = privateKeyToAccount(terms.facilitatorKey)
  const wallet = createWalletClient({
    account,
    chain: foundry,
    transport: http(terms.rpcUrl),
    pollingInterval: 20,
  }).extend(publicActions)
  // The package declares viem's own functions with looser types than viem does.
  const signer = toFacilitatorEvmSigner({
    ...wallet,
    address: account.address,
  } as unknown as FacilitatorEvmSigner & { readonly address: Address })
  const facilitator = new x402Facilitator().register(devNetwork, new FacilitatorScheme(signer))
  return {
    verify: (payload, requirements) => facilitator.verify(payload, requirements),
    settle: (payload, requirements) => facilitator.settle(payload, requirements),
    getSupported: async () =>
      facilitator.getSupported() as Awaited<ReturnType<FacilitatorClient['getSupported']>>,
  }
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  await closed
}
