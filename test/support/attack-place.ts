/*
 * A gateway as `vouch serve` starts it, on a real chain, with victims who have money on it and whose keys the attacker may
 * have got hold of. What an attack must not change is asked of the chain, the ledger and the receipts.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { readChannel } from '../../src/chain/channel-settlement.ts'
import { channelDomain, channelIdOf, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import type { Contract } from '../../src/chain/contracts.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { type Sender, sendCall } from '../../src/chain/transactions.ts'
import {
  type ChannelPlace,
  depositBody,
  grantBody,
  ownerAuthorization,
  voucherBody,
} from '../../src/client/billing-orders.ts'
import { apiKeySecretOf, hashApiKey } from '../../src/domain/api-key.ts'
import type { Channel, ChannelConfig } from '../../src/domain/channel.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  bytes32,
  type Signature,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { openGasAccount } from './deposits.ts'
import { expectOk } from './dev-chain.ts'
import { openX402Place, type X402Place } from './x402-place.ts'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  /** OpenAI's `error.code`, where it is an error. */
  readonly code: string | undefined
  readonly json: Readonly<Record<string, unknown>>
}

/** A payer with a channel, and everything that its owner knows. */
export type Victim = {
  readonly place: ChannelPlace
  readonly payerKey: PrivateKey
  readonly sessionKey: PrivateKey
  readonly apiKey: string
  readonly ask: (change?: object, apiKey?: string) => Promise<Answer>
  readonly sign: (amount: bigint, key?: PrivateKey) => Signature
  /** Sends a voucher, of another signature where one is given. */
  readonly promise: (amount: bigint, signature?: string) => Promise<Answer>
  /** The body of a deposit that its owner signed. */
  readonly depositOrder: (amount: bigint) => object
  readonly deposit: (amount: bigint) => Promise<Answer>
  readonly grant: (
    secret: string,
    limits?: Partial<Parameters<typeof grantBody>[1]>,
    ownerKey?: PrivateKey,
  ) => Promise<Answer>
  readonly authorization: () => string
  readonly book: () => Promise<Channel>
  readonly onChain: () => Promise<{ readonly balance: bigint; readonly totalClaimed: bigint }>
}

export type AttackPlace = X402Place & {
  readonly post: (
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>
  readonly get: (path: string, authorization: string) => Promise<Answer>
  readonly placeOf: (terms: Partial<ChannelConfig>) => ChannelPlace
  /** A payer with `deposited` atomic units on its channel, `signed` of them promised, and a key without limits. */
  readonly victim: (terms?: {
    readonly pocket?: bigint
    readonly deposited?: bigint
    readonly signed?: bigint
    readonly config?: Partial<ChannelConfig>
    readonly payerKey?: PrivateKey
  }) => Promise<Victim>
  readonly call: (
    sender: Sender,
    call: {
      readonly contract: Contract
      readonly functionName: string
      readonly args: readonly unknown[]
    },
  ) => Promise<string | undefined>
  readonly gasAccount: (privateKey?: PrivateKey) => Promise<Sender>
  /** Moves the chain's clock on, and ours not. */
  readonly warp: (seconds: number) => Promise<void>
  readonly rpc: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  /** Σ receipts = Σ charges ≤ Σ signed ≤ Σ deposits on each channel, and nothing held; answers what was charged in all. */
  readonly expectTheLaw: (victims: readonly Victim[]) => Promise<bigint>
}

/** What one answer of the scripted engine costs: 5 tokens of prompt at 1, 3 of completion at 2. */
export const answerCost = 11n
/** What is held for `victim.ask()`: 20 bytes of prompt, 16 tokens of template, 100 of completion at 2. */
export const answerHold = 236n

export async function openAttackPlace(
  change?: Parameters<typeof openX402Place>[0],
): Promise<AttackPlace> {
  const x402 = await openX402Place(change)
  const { running, minter, handles, gateway } = x402
  const { dev, chain } = running
  const { contracts, addresses, chainId } = dev
  const domain = channelDomain({ chainId, verifyingContract: contracts.settlement })
  const origin = () => gateway().origin
  const post: AttackPlace['post'] = async (path, body, headers = {}) =>
    read(
      await fetch(origin() + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    )
  const get: AttackPlace['get'] = async (path, authorization) =>
    read(await fetch(origin() + path, { headers: { authorization } }))
  const placeOf: AttackPlace['placeOf'] = (terms) => {
    const config: ChannelConfig = {
      payer: addresses.payer,
      payerAuthorizer: addresses.session,
      receiver: addresses.gatewayOperator,
      receiverAuthorizer: addresses.gatewayOperator,
      token: contracts.asset,
      withdrawDelay: 86_400,
      salt: zeroBytes32,
      ...terms,
    }
    return {
      channelId: channelIdOf(domain, config),
      config,
      chainId,
      settlement: contracts.settlement,
      collector: contracts.eip3009Collector,
      asset: { address: contracts.asset, decimals: 6, name: 'Dev USD', version: '1' },
      registry: { chainId, verifyingContract: contracts.gatewayRegistry },
    }
  }
  const call: AttackPlace['call'] = async (sender, asked) => {
    const sent = await sendCall(sender, asked)
    return sent.ok ? undefined : 'error' in sent.error ? sent.error.error : sent.error.reason
  }
  const mint = async (to: Address, amount: bigint) =>
    expect(
      await call(minter, { contract: handles.asset, functionName: 'mint', args: [to, amount] }),
    ).toBeUndefined()

  const victimOf = (
    place: ChannelPlace,
    keys: { readonly payerKey: PrivateKey; readonly sessionKey: PrivateKey },
  ): Victim => {
    const { payerKey, sessionKey } = keys
    const apiKey = apiKeySecretOf(randomBytes(32))
    let nonce = 0
    const sign: Victim['sign'] = (amount, key = sessionKey) =>
      signDigest(
        voucherDigest(domain, {
          channelId: place.channelId,
          maxClaimableAmount: amount as AtomicAmount,
        }),
        key,
      )
    const depositOrder = (amount: bigint) =>
      depositBody(
        place,
        { amount: atomic(amount), validBefore: farS, salt: randomBytes(32) },
        payerKey,
      )
    return {
      place,
      ...keys,
      apiKey,
      sign,
      ask: (request, key = apiKey) =>
        post('/v1/chat/completions', question(request), { authorization: `Bearer ${key}` }),
      promise: (amount, signature = sign(amount)) =>
        post('/v1/billing/vouchers', {
          ...voucherBody(place, amount as AtomicAmount, sessionKey),
          signature,
        }),
      depositOrder,
      deposit: (amount) => post('/v1/billing/deposits', depositOrder(amount)),
      grant: (secret, limits = {}, ownerKey = sessionKey) => {
        nonce += 1
        return post(
          '/v1/billing/keys',
          grantBody(
            place,
            {
              nonce,
              channelId: place.channelId,
              keyHash: hashApiKey(secret),
              spendCap: atomic(0n),
              expiresAt: unixSeconds(0),
              models: undefined,
              label: '',
              ...limits,
            },
            ownerKey,
          ),
        )
      },
      authorization: () => ownerAuthorization(place, Date.now(), payerKey),
      book: async () => {
        const channel = await gateway().ledger.channel(place.channelId)
        if (channel === undefined) throw new Error('the gateway has no book of this channel')
        return channel
      },
      onChain: async () => {
        const state = expectOk(await readChannel(chain.rpc, handles.settlement, place))
        return { balance: state.balance, totalClaimed: state.totalClaimed }
      },
    }
  }

  return {
    ...x402,
    // The spread would keep the origin of before a restart.
    get url() {
      return x402.url
    },
    post,
    get,
    placeOf,
    call,
    gasAccount: (privateKey) => openGasAccount(running, privateKey),
    warp: async (seconds) => {
      expectOk(await chain.rpc.call('evm_increaseTime', [seconds]))
      expectOk(await chain.rpc.call('evm_mine', []))
    },
    rpc: async (method, ...params) => expectOk(await chain.rpc.call(method, params)),
    victim: async (terms = {}) => {
      const { pocket = 0n, deposited = 1_000_000n, signed = 100_000n, config = {} } = terms
      const { payerKey = randomPrivateKey() } = terms
      const keys = { payerKey, sessionKey: randomPrivateKey() }
      const place = placeOf({
        payer: addressOfPrivateKey(keys.payerKey),
        payerAuthorizer: addressOfPrivateKey(keys.sessionKey),
        salt: bytes32(`0x${randomBytes(32).toString('hex')}`),
        ...config,
      })
      const victim = victimOf(place, keys)
      await mint(place.config.payer, deposited + pocket)
      if (deposited === 0n) return victim
      expect(await victim.deposit(deposited)).toMatchObject({ status: 200 })
      expect(await victim.promise(signed)).toMatchObject({ status: 200 })
      expect(await victim.grant(victim.apiKey)).toMatchObject({ status: 200 })
      return victim
    },
    expectTheLaw: async (victims) => {
      const receipts = x402.receipts()
      let charges = 0n
      for (const victim of victims) {
        const { channelId } = victim.place
        const book = await victim.book()
        const own = receipts.filter(({ receipt }) => receipt.channelId === channelId)
        const charged = own.reduce((sum, { receipt }) => sum + BigInt(receipt.cost), 0n)
        expect(book).toMatchObject({ chargedCumulativeAmount: charged, heldAmount: 0n })
        const { balance, totalClaimed } = await victim.onChain()
        expect(book.signedMaxClaimable).toBeGreaterThanOrEqual(charged)
        expect(book.balance).toBeGreaterThanOrEqual(book.signedMaxClaimable)
        expect(totalClaimed).toBeLessThanOrEqual(charged)
        expect(balance).toBeGreaterThanOrEqual(totalClaimed)
        charges += charged
      }
      return charges
    },
  }
}

/** What owners sign here is good beyond every clock that a test moves. */
const farS = unixSeconds(4_000_000_000)

/** A question as OpenAI's clients ask it; 20 bytes of prompt. */
export const question = (change: object = {}): object => ({
  model: 'm',
  messages: [{ role: 'user', content: 'What is two and two?' }],
  max_tokens: 100,
  ...change,
})

/** A PAYMENT-SIGNATURE, as anybody may write one. */
export const paymentHeader = (
  victim: Pick<Victim, 'place' | 'sign'>,
  maxClaimableAmount: bigint,
  change: {
    readonly amount?: bigint
    readonly payload?: object
    readonly signature?: string
    readonly network?: string
  } = {},
): Readonly<Record<string, string>> => {
  const { place, sign } = victim
  const payment = {
    x402Version: 2,
    accepted: {
      scheme: 'batch-settlement',
      network: change.network ?? `eip155:${place.chainId}`,
      amount: String(change.amount ?? answerHold),
    },
    payload: {
      type: 'voucher',
      channelConfig: place.config,
      voucher: {
        channelId: place.channelId,
        maxClaimableAmount: String(maxClaimableAmount),
        signature: change.signature ?? sign(maxClaimableAmount),
      },
      ...change.payload,
    },
  }
  return { 'payment-signature': Buffer.from(JSON.stringify(payment)).toString('base64') }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const json = (text.startsWith('{') ? JSON.parse(text) : { text }) as Record<string, unknown>
  const { code } = Object(json['error']) as { readonly code?: string }
  return { status: response.status, headers: response.headers, code, json }
}
