/*
 * A real gateway whose one paying channel has an owner that the test can sign as: payer and session key are here. Its
 * chain is silent but for the channel's balance.
 */
import { channelDomain, channelIdOf } from '../../src/chain/channel-typed-data.ts'
import { agreementDomain } from '../../src/chain/fx-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { DomainSeparator } from '../../src/chain/typed-data.ts'
import {
  type ChannelPlace,
  grantBody,
  ownerAuthorization,
  voucherBody,
} from '../../src/client/billing-orders.ts'
import { apiKeySecretOf, hashApiKey } from '../../src/domain/api-key.ts'
import { address, atomic, bytes32, unixSeconds } from '../../src/domain/units.ts'
import { acceptVoucher } from '../../src/payment/accept-voucher.ts'
import { onChain } from './channels.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testAsset,
  testRegistry,
  testSettlement,
} from './gateway-on-ledger.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

export type OwnedChannel = {
  readonly gateway: TestGateway
  readonly upstream: ScriptedUpstream
  readonly place: ChannelPlace
  readonly payerKey: PrivateKey
  readonly sessionKey: PrivateKey
  readonly domain: DomainSeparator
  /** An API key that the owner granted. */
  readonly apiKey: string
  readonly authorization: () => string
  readonly post: (path: string, body: unknown) => Promise<JsonAnswer>
  readonly get: (path: string, authorization?: string) => Promise<JsonAnswer>
  /** One answer that costs something. */
  readonly ask: () => Promise<void>
  readonly stop: () => Promise<void>
}

export type JsonAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly json: Readonly<Record<string, unknown>>
}

/** A million atomic units deposited, `signed` of them promised. */
export async function startOwnedChannel(signed = 100_000n): Promise<OwnedChannel> {
  const upstream = await startScriptedUpstream()
  const payerKey = randomPrivateKey()
  const sessionKey = randomPrivateKey()
  const config = {
    payer: addressOfPrivateKey(payerKey),
    payerAuthorizer: addressOfPrivateKey(sessionKey),
    receiver: address(`0x${'3'.repeat(40)}`),
    receiverAuthorizer: address(`0x${'4'.repeat(40)}`),
    token: testAsset,
    withdrawDelay: 86_400,
    salt: bytes32(`0x${'5a'.repeat(32)}`),
  }
  const domain = channelDomain({ chainId: 31337, verifyingContract: testSettlement })
  const place: ChannelPlace = {
    channelId: channelIdOf(domain, config),
    config,
    chainId: 31337,
    settlement: testSettlement,
    collector: address(`0x${'c0'.repeat(20)}`),
    asset: { address: testAsset, decimals: 6, name: 'Test Asset', version: '1' },
    registry: testRegistry,
  }
  const gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'scripted', baseUrl: upstream.baseUrl }],
    acceptVoucher: (ledger) => (voucher) =>
      acceptVoucher(
        {
          ledger,
          terms: { ...config, chainId: 31337, domain, withdrawDelayMinS: 3_600 },
          readChannel: async () => onChain(1_000_000n),
        },
        voucher,
      ),
  })
  const post = async (path: string, body: unknown): Promise<JsonAnswer> =>
    readJson(
      await fetch(gateway.origin + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    )
  await expectDone(post('/v1/billing/vouchers', voucherBody(place, atomic(signed), sessionKey)))
  const apiKey = apiKeySecretOf(new Uint8Array(32).fill(7))
  await expectDone(
    post(
      '/v1/billing/keys',
      grantBody(place, { ...freeGrant(place, apiKey), nonce: 1 }, sessionKey),
    ),
  )
  return {
    gateway,
    upstream,
    place,
    payerKey,
    sessionKey,
    domain: agreementDomain(testRegistry),
    apiKey,
    authorization: () => ownerAuthorization(place, Date.now(), sessionKey),
    post,
    get: async (path, authorization = ownerAuthorization(place, Date.now(), sessionKey)) =>
      readJson(
        await fetch(gateway.origin + path, {
          headers: authorization === '' ? {} : { authorization },
        }),
      ),
    ask: async () => {
      const answer = await fetch(`${gateway.origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
      })
      if (answer.status !== 200) throw new Error(await answer.text())
      await answer.text()
    },
    stop: async () => {
      await gateway.stop()
      await upstream.close()
    },
  }
}

/** A grant without limits. */
export const freeGrant = (
  place: Pick<ChannelPlace, 'channelId'>,
  secret: string,
): Parameters<typeof grantBody>[1] => ({
  nonce: 1,
  channelId: place.channelId,
  keyHash: hashApiKey(secret),
  spendCap: atomic(0n),
  expiresAt: unixSeconds(0),
  models: undefined,
  label: '',
})

async function readJson(response: Response): Promise<JsonAnswer> {
  const { status, headers } = response
  return { status, headers, json: (await response.json()) as Record<string, unknown> }
}

async function expectDone(answer: Promise<JsonAnswer>): Promise<void> {
  const { status, json } = await answer
  if (status !== 200) throw new Error(JSON.stringify(json))
}
