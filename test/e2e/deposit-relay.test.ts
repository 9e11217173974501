/*
 * Deposits that payers signed, sent by the gateway's relay on a real chain into a real ledger.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { err } from '../../src/base/result.ts'
import { readChannel } from '../../src/chain/channel-settlement.ts'
import { channelDomain } from '../../src/chain/channel-typed-data.ts'
import { curveOrder } from '../../src/chain/private-key.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { devContractHandles, devUsdDomain } from '../../src/dev/dev-contracts.ts'
import type { DepositOrder } from '../../src/domain/deposit.ts'
import { address, atomic, type Bytes32, type Signature } from '../../src/domain/units.ts'
import type { DepositPolicy } from '../../src/payment/deposit-limits.ts'
import { DepositRelay } from '../../src/payment/relay-deposit.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openGasAccount, openWallet, tokensOf, type Wallet } from '../support/deposits.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import { type LedgerPlace, sqlitePlace } from '../support/ledger-place.ts'

const minimum = 1_000_000n
const receiver = address(`0x${'ce'.repeat(20)}`)
const receiverAuthorizer = address(`0x${'ca'.repeat(20)}`)

let running: TestDevChain
let gateway: Sender
let minter: Sender
let place: LedgerPlace
let ledger: LedgerStore

beforeAll(async () => {
  running = await startDevChain()
  gateway = await openGasAccount(running)
  minter = await openGasAccount(running, running.dev.keys.payer)
})
afterAll(() => running.stop())
beforeEach(() => {
  place = sqlitePlace()
  ledger = place.open()
})
afterEach(async () => {
  await ledger.close()
  place.remove()
})

const wallet = (pocket = 10n * minimum): Promise<Wallet> =>
  openWallet(running, { minter, receiver, receiverAuthorizer, pocket })

function relayWith(policy: Partial<DepositPolicy> = {}, sender: Sender = gateway): DepositRelay {
  const { chain, dev } = running
  const { settlement } = devContractHandles(dev.contracts)
  const { chainId } = dev
  return new DepositRelay({
    ledger,
    terms: {
      chainId,
      domain: channelDomain({ chainId, verifyingContract: settlement.address }),
      token: dev.contracts.asset,
      receiver,
      receiverAuthorizer,
      withdrawDelayMinS: 3_600,
    },
    policy: {
      minimumAmount: atomic(minimum),
      deniedPayers: new Set(),
      perPayerPerHour: 5,
      confirmations: 1,
      atOnceMaxAmount: atomic(0n),
      atOncePerHourAmount: atomic(0n),
      ...policy,
    },
    readChannel: async (channel) => {
      const read = await readChannel(chain.rpc, settlement, channel)
      return read.ok ? read.value : undefined
    },
    rpc: chain.rpc,
    settlement,
    collectors: { eip3009: dev.contracts.eip3009Collector, permit2: undefined },
    tokenDomain: devUsdDomain({ chainId, verifyingContract: dev.contracts.asset }),
    sender,
    nowMs: Date.now,
  })
}

/** Counts what is sent; `lost` drops the chain's word on each of the next transactions. */
function watched(): Sender & { sent: number; lost: number } {
  const sender = {
    address: gateway.address,
    sent: 0,
    lost: 0,
    transact: async (...asked: Parameters<Sender['transact']>) => {
      sender.sent += 1
      const outcome = await gateway.transact(...asked)
      if (sender.lost === 0) return outcome
      sender.lost -= 1
      const transactionHash = outcome.ok ? outcome.value.transactionHash : undefined
      return err({ reason: 'transaction_unconfirmed', transactionHash, waitedMs: 60_000 } as const)
    },
  }
  return sender
}

const balanceOf = async (channelId: Bytes32): Promise<bigint | undefined> =>
  (await ledger.channel(channelId))?.balance

const withSignature = (order: DepositOrder, signature: Signature): DepositOrder => ({
  ...order,
  authorization: { ...order.authorization, signature },
})

test('a signed deposit is mined, and the ledger has what the chain has', async () => {
  const { order, channelId, address: payer } = await wallet()
  const { channel, deposit } = expectOk(await relayWith().relay(order(3n * minimum)))
  expect(channel.balance).toBe(3n * minimum)
  expect(await balanceOf(channelId)).toBe(3n * minimum)
  expect(await tokensOf(running, payer)).toBe(7n * minimum)
  expect(deposit).toMatchObject({ channelId, state: 'confirmed', amount: 3n * minimum })
  expect(deposit?.transactionHash).toMatch(/^0x[0-9a-f]{64}$/)
})

test('a top-up adds to the balance', async () => {
  const { order, channelId } = await wallet()
  const relay = relayWith()
  expectOk(await relay.relay(order(minimum)))
  expectOk(await relay.relay(order(2n * minimum)))
  expect(await balanceOf(channelId)).toBe(3n * minimum)
})

test('the same authorization is executed once, however often and from whichever process it is asked for', async () => {
  const { order, channelId, address: payer } = await wallet()
  const sender = watched()
  const relay = relayWith({}, sender)
  const signed = order(2n * minimum)
  const together = await Promise.all([
    relay.relay(signed),
    relay.relay(signed),
    relay.relay(signed),
  ])
  for (const outcome of together) expect(expectOk(outcome).channel.balance).toBe(2n * minimum)
  expect(expectOk(await relay.relay(signed)).channel.balance).toBe(2n * minimum)
  expect(sender.sent).toBe(1)
  // A process that knows nothing of it.
  const other = watched()
  const again = expectOk(await relayWith({}, other).relay(signed))
  expect(again.deposit?.state).toBe('confirmed')
  expect(other.sent).toBe(0)
  expect(await balanceOf(channelId)).toBe(2n * minimum)
  expect(await tokensOf(running, payer)).toBe(8n * minimum)
})

test('of a burst of deposits only as many are made as are needed', async () => {
  const { order, channelId, address: payer } = await wallet(100n * minimum)
  const sender = watched()
  const relay = relayWith({}, sender)
  const burst = Array.from({ length: 24 }, () => relay.relay(order(minimum), atomic(minimum)))
  const outcomes = (await Promise.all(burst)).map(expectOk)
  expect(outcomes.filter(({ deposit }) => deposit !== undefined)).toHaveLength(1)
  expect(sender.sent).toBe(1)
  expect(await balanceOf(channelId)).toBe(minimum)
  expect(await tokensOf(running, payer)).toBe(99n * minimum)
})

test('no word from the chain is no failure: asked again, the deposit is found', async () => {
  const { order, channelId } = await wallet()
  const sender = watched()
  sender.lost = 1
  const relay = relayWith({}, sender)
  const signed = order(minimum)
  expect(await relay.relay(signed)).toEqual(
    err({ reason: 'deposit_pending', transactionHash: expect.stringMatching(/^0x/) }),
  )
  expect(await balanceOf(channelId)).toBeUndefined()
  const found = expectOk(await relay.relay(signed))
  expect(found.channel.balance).toBe(minimum)
  expect(sender.sent).toBe(1)
  expect(relay.record(found.deposit?.depositId ?? ('0x' as Bytes32))?.state).toBe('confirmed')
})

test('a wallet that signs with a high s or with v 0 and 1 deposits as well', async () => {
  const { order, channelId } = await wallet()
  const relay = relayWith()
  const first = order(minimum)
  expectOk(await relay.relay(withSignature(first, highS(first.authorization.signature))))
  const second = order(minimum)
  expectOk(await relay.relay(withSignature(second, lowV(second.authorization.signature))))
  expect(await balanceOf(channelId)).toBe(2n * minimum)
})

test('what cannot be executed is refused with the reason, and nothing is sent for it', async () => {
  const { order, config } = await wallet()
  const sender = watched()
  const relay = relayWith({}, sender)
  const good = order(minimum)
  const refusalOf = async (asked: DepositOrder) => {
    const outcome = await relay.relay(asked)
    return outcome.ok ? 'accepted' : outcome.error
  }
  expect(await refusalOf(order(minimum - 1n))).toEqual({
    reason: 'deposit_below_minimum',
    minimumAmount: minimum,
  })
  expect(await refusalOf(order(minimum, { validBeforeS: 1 }))).toMatchObject({
    reason: 'deposit_rejected',
    detail: expect.stringContaining('expired'),
  })
  expect(await refusalOf(order(11n * minimum))).toMatchObject({ reason: 'deposit_rejected' })
  expect(await refusalOf({ ...good, amount: atomic(2n * minimum) })).toMatchObject({
    reason: 'deposit_rejected',
    detail: expect.stringContaining('reverted'),
  })
  const elsewhere = { config: { receiver: address(`0x${'66'.repeat(20)}`) } }
  expect(await refusalOf(order(minimum, elsewhere))).toMatchObject({
    reason: 'channel_terms_unacceptable',
  })
  const denying = relayWith({ deniedPayers: new Set([config.payer]) }, sender)
  expect(await denying.relay(good)).toMatchObject({
    ok: false,
    error: { reason: 'channel_terms_unacceptable' },
  })
  const permit = { kind: 'permit2', nonce: 1n, deadline: 4_000_000_000 } as const
  const { signature } = good.authorization
  const byPermit = { ...good, authorization: { ...permit, signature } } as DepositOrder
  expect(await refusalOf(byPermit)).toMatchObject({ reason: 'deposit_rejected' })
  expect(sender.sent).toBe(0)
  expect(await ledger.channels()).toEqual([])
})

test("one payer's deposits are sent only so often, another's are not touched by that", async () => {
  const { order } = await wallet()
  const other = await wallet()
  const relay = relayWith({ perPayerPerHour: 2 })
  expectOk(await relay.relay(order(minimum)))
  expectOk(await relay.relay(order(minimum)))
  expect(await relay.relay(order(minimum))).toMatchObject({
    ok: false,
    error: { reason: 'deposit_limit_reached', retryAfterS: expect.any(Number) },
  })
  expectOk(await relay.relay(other.order(minimum)))
})

test('a deposit is credited when enough blocks have it, a small one by its first', async () => {
  const { order, channelId } = await wallet()
  let mined = Promise.withResolvers<void>()
  const sender: Sender = {
    ...gateway,
    transact: async (...asked) => {
      const outcome = await gateway.transact(...asked)
      mined.resolve()
      return outcome
    },
  }
  const relay = relayWith(
    {
      confirmations: 3,
      atOnceMaxAmount: atomic(minimum),
      atOncePerHourAmount: atomic(minimum),
    },
    sender,
  )
  const creditedAfterTwoMore = async (amount: bigint): Promise<bigint> => {
    const before = await balanceOf(channelId)
    mined = Promise.withResolvers()
    const deposited = relay.relay(order(amount))
    await mined.promise
    expect(await balanceOf(channelId)).toBe(before)
    expectOk(await running.chain.rpc.call('anvil_mine', ['0x2']))
    return expectOk(await deposited).channel.balance
  }
  expect(await creditedAfterTwoMore(2n * minimum)).toBe(2n * minimum)
  // Within the hour's budget for that, which it uses up.
  expect(expectOk(await relay.relay(order(minimum))).channel.balance).toBe(3n * minimum)
  expect(await creditedAfterTwoMore(minimum)).toBe(4n * minimum)
})

test('a deposit that a reorganisation moves to a later block counts from there', async () => {
  const { rpc } = running.chain
  const { order, channelId } = await wallet()
  const mined = Promise.withResolvers<Bytes32>()
  const sender: Sender = {
    ...gateway,
    transact: async (...asked) => {
      const outcome = await gateway.transact(...asked)
      if (outcome.ok) mined.resolve(outcome.value.transactionHash)
      return outcome
    },
  }
  const deposited = relayWith({ confirmations: 3 }, sender).relay(order(minimum))
  const raw = expectOk(await rpc.call('eth_getRawTransactionByHash', [await mined.promise]))
  // Gone with its block; two empty blocks in its place would have been enough for it.
  expectOk(await rpc.call('anvil_reorg', [1, []]))
  expectOk(await rpc.call('anvil_mine', ['0x2']))
  expect(await balanceOf(channelId)).toBeUndefined()
  expectOk(await rpc.call('eth_sendRawTransaction', [raw]))
  expectOk(await rpc.call('anvil_mine', ['0x1']))
  expect(await balanceOf(channelId)).toBeUndefined()
  expectOk(await rpc.call('anvil_mine', ['0x1']))
  expect(expectOk(await deposited).channel.balance).toBe(minimum)
})

function highS(signature: Signature): Signature {
  const s = BigInt(`0x${signature.slice(66, 130)}`)
  const flipped = (curveOrder - s).toString(16).padStart(64, '0')
  const v = signature.endsWith('1b') ? '1c' : '1b'
  return `0x${signature.slice(2, 66)}${flipped}${v}` as Signature
}

function lowV(signature: Signature): Signature {
  return `${signature.slice(0, 130)}${signature.endsWith('1b') ? '00' : '01'}` as Signature
}
