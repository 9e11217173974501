/*
 * x402's published packages, unmodified on both sides, on our contracts at the addresses that the
 * packages have built in. Every sum is read from the chain.
 */
import { BATCH_SETTLEMENT_ADDRESS, ERC3009_DEPOSIT_COLLECTOR_ADDRESS } from '@x402/evm'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readChannel, readUnsettledAmount } from '../../src/chain/channel-settlement.ts'
import { channelDomain, channelIdOf } from '../../src/chain/channel-typed-data.ts'
import { readContract } from '../../src/chain/contracts.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, type Sender, sendCall } from '../../src/chain/transactions.ts'
import { type DevContractHandles, devContractHandles } from '../../src/dev/dev-contracts.ts'
import type { Address } from '../../src/domain/units.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import { type Buyer, openBuyer } from '../support/x402-buyer.ts'
import { placeMulticall } from '../support/x402-multicall.ts'
import { openSeller, type Seller, withdrawDelayS } from '../support/x402-seller.ts'

/** What every buyer starts with, atomic units. */
const pocket = 1_000_000n
/** The package's server asks for ten times the price. */
const depositFor = (price: bigint): bigint => 10n * price

let running: TestDevChain
let handles: DevContractHandles
let minter: Sender
const openSellers: Seller[] = []

beforeAll(async () => {
  running = await startDevChain()
  handles = devContractHandles(running.dev.contracts)
  minter = await openAccount(running.dev.keys.payer)
  await placeMulticall(running.chain.rpc)
})
afterEach(async () => {
  await Promise.all(openSellers.splice(0).map((seller) => seller.close()))
})
afterAll(() => running.stop())

/** An account that can pay for gas. */
async function openAccount(privateKey = randomPrivateKey()): Promise<Sender> {
  const { rpc } = running.chain
  const sender = openSender({ rpc, chainId: running.dev.chainId, privateKey })
  expectOk(await rpc.call('anvil_setBalance', [sender.address, `0x${(10n ** 20n).toString(16)}`]))
  return sender
}

async function newSeller(): Promise<Seller> {
  const facilitatorKey = randomPrivateKey()
  await openAccount(facilitatorKey)
  const seller = await openSeller({
    rpcUrl: running.chain.url,
    asset: handles.asset.address,
    receiver: addressOfPrivateKey(randomPrivateKey()),
    authorizerKey: randomPrivateKey(),
    facilitatorKey,
  })
  openSellers.push(seller)
  return seller
}

async function newBuyer(
  keys: Partial<Pick<Parameters<typeof openBuyer>[0], 'walletKey' | 'sessionKey'>> = {},
): Promise<Buyer> {
  const buyer = openBuyer({
    rpcUrl: running.chain.url,
    asset: handles.asset.address,
    walletKey: randomPrivateKey(),
    ...keys,
  })
  const args = [buyer.wallet, pocket]
  expectOk(await sendCall(minter, { contract: handles.asset, functionName: 'mint', args }))
  return buyer
}

async function balanceOf(account: Address): Promise<bigint> {
  const call = { contract: handles.asset, functionName: 'balanceOf', args: [account] }
  return expectOk(await readContract(running.chain.rpc, call))[0] as bigint
}

const blockNumber = async (): Promise<unknown> =>
  expectOk(await running.chain.rpc.call('eth_blockNumber', []))

/** The buyer's channel as the chain has it. */
async function channelOf(buyer: Buyer): Promise<{ balance: bigint; totalClaimed: bigint }> {
  const { chain, dev } = running
  const domain = channelDomain({
    chainId: dev.chainId,
    verifyingContract: dev.contracts.settlement,
  })
  const config = buyer.channel()
  const channel = { channelId: channelIdOf(domain, config), config }
  const state = expectOk(await readChannel(chain.rpc, handles.settlement, channel))
  return { balance: state.balance, totalClaimed: state.totalClaimed }
}

const unsettled = async ({ receiver }: Seller): Promise<bigint> =>
  expectOk(
    await readUnsettledAmount(running.chain.rpc, handles.settlement, {
      receiver,
      token: handles.asset.address,
    }),
  )

test('our addresses are the ones that the packages have built in', () => {
  const { settlement, eip3009Collector } = running.dev.contracts
  expect(settlement).toBe(BATCH_SETTLEMENT_ADDRESS.toLowerCase())
  expect(eip3009Collector).toBe(ERC3009_DEPOSIT_COLLECTOR_ADDRESS.toLowerCase())
})

test('the first request deposits, the next ones pay by voucher, and exactly that is claimed', async () => {
  const seller = await newSeller()
  const buyer = await newBuyer()
  const escrowBefore = await balanceOf(handles.settlement.address)
  expect(await buyer.ask(seller.url)).toBe(200)
  const deposit = depositFor(1_000n)
  expect(await channelOf(buyer)).toEqual({ balance: deposit, totalClaimed: 0n })
  expect(await balanceOf(buyer.wallet)).toBe(pocket - deposit)
  expect(await balanceOf(handles.settlement.address)).toBe(escrowBefore + deposit)

  const block = await blockNumber()
  // Quoted 1000, charged less; quoted more, charged in full.
  for (const query of ['?charge=1', '?price=2500', '?price=3000&charge=1234', '?charge=0']) {
    expect(await buyer.ask(seller.url + query)).toBe(200)
  }
  expect(buyer.payments.join(' ')).toBe('deposit voucher voucher voucher voucher')
  expect(await blockNumber()).toBe(block)

  const charged = 1_000n + 1n + 2_500n + 1_234n
  const { claims } = await seller.channels.claimAndSettle()
  expect(claims.map(({ vouchers }) => vouchers)).toEqual([1])
  expect(await channelOf(buyer)).toEqual({ balance: deposit, totalClaimed: charged })
  expect(await balanceOf(seller.receiver)).toBe(charged)
  expect(await unsettled(seller)).toBe(0n)
  expect(await balanceOf(handles.settlement.address)).toBe(escrowBefore + deposit - charged)
  expect((await seller.channels.claimAndSettle()).claims).toEqual([])
})

test('a drained channel is topped up by the client itself', async () => {
  const seller = await newSeller()
  const buyer = await newBuyer()
  for (let request = 0; request < 11; request += 1) {
    expect(await buyer.ask(seller.url)).toBe(200)
  }
  expect(buyer.payments.join(' ')).toBe(`deposit ${'voucher '.repeat(9)}deposit`)
  await seller.channels.claimAndSettle()
  expect(await channelOf(buyer)).toEqual({ balance: 20_000n, totalClaimed: 11_000n })
  expect(await balanceOf(buyer.wallet)).toBe(pocket - 20_000n)
  expect(await balanceOf(seller.receiver)).toBe(11_000n)
})

test('the channels of several clients are claimed in one transaction', async () => {
  const seller = await newSeller()
  const buyers = [await newBuyer(), await newBuyer({ sessionKey: randomPrivateKey() })]
  for (const buyer of buyers) {
    expect(await buyer.ask(seller.url)).toBe(200)
    expect(await buyer.ask(`${seller.url}?charge=500`)).toBe(200)
  }
  const { claims } = await seller.channels.claimAndSettle()
  expect(claims.map(({ vouchers }) => vouchers)).toEqual([2])
  expect(await balanceOf(seller.receiver)).toBe(3_000n)
  for (const buyer of buyers) {
    expect(await channelOf(buyer)).toEqual({ balance: 10_000n, totalClaimed: 1_500n })
  }
})

test('a refund that both sides want returns all that was not charged, and the channel lives on', async () => {
  const seller = await newSeller()
  const buyer = await newBuyer({ sessionKey: randomPrivateKey() })
  expect(await buyer.ask(seller.url)).toBe(200)
  expect(await buyer.ask(`${seller.url}?charge=234`)).toBe(200)

  // A part of it: one multicall claims what is charged and refunds.
  await buyer.refund(seller.url, '5000')
  expect(await channelOf(buyer)).toEqual({ balance: 5_000n, totalClaimed: 1_234n })
  expect(await balanceOf(buyer.wallet)).toBe(pocket - 5_000n)
  expect(await buyer.ask(seller.url)).toBe(200)

  // The rest.
  await buyer.refund(seller.url)
  expect(await channelOf(buyer)).toEqual({ balance: 2_234n, totalClaimed: 2_234n })
  expect(await balanceOf(buyer.wallet)).toBe(pocket - 2_234n)
  expect(await unsettled(seller)).toBe(2_234n)

  expect(await buyer.ask(seller.url)).toBe(200)
  expect(buyer.payments.join(' ')).toBe('deposit voucher refund voucher refund deposit')
  await seller.channels.claimAndSettle()
  expect(await channelOf(buyer)).toEqual({ balance: 12_234n, totalClaimed: 3_234n })
  expect(await balanceOf(seller.receiver)).toBe(3_234n)
})

test('a refund that the seller starts returns the same', async () => {
  const seller = await newSeller()
  const buyer = await newBuyer()
  expect(await buyer.ask(`${seller.url}?charge=999`)).toBe(200)
  expect(await seller.channels.refund()).toHaveLength(1)
  await seller.channels.settle()
  expect(await channelOf(buyer)).toEqual({ balance: 999n, totalClaimed: 999n })
  expect(await balanceOf(buyer.wallet)).toBe(pocket - 999n)
  expect(await balanceOf(seller.receiver)).toBe(999n)
})

test('a wallet gets its money back without the seller, but not what is claimed in time', async () => {
  const seller = await newSeller()
  const walletKey = randomPrivateKey()
  const wallet = await openAccount(walletKey)
  const buyer = await newBuyer({ walletKey, sessionKey: randomPrivateKey() })
  expect(await buyer.ask(seller.url)).toBe(200)
  const deposit = depositFor(1_000n)
  const withdraw = (functionName: string, ...args: readonly unknown[]) =>
    sendCall(wallet, {
      contract: handles.settlement,
      functionName,
      args: [buyer.channel(), ...args],
    })

  expectOk(await withdraw('initiateWithdraw', deposit))
  expect(await withdraw('finalizeWithdraw')).toMatchObject({
    ok: false,
    error: { error: expect.stringContaining('WithdrawDelayNotOver') },
  })
  await seller.channels.claimAndSettle()
  expectOk(await running.chain.rpc.call('evm_increaseTime', [withdrawDelayS]))
  expectOk(await withdraw('finalizeWithdraw'))

  expect(await channelOf(buyer)).toEqual({ balance: 1_000n, totalClaimed: 1_000n })
  expect(await balanceOf(buyer.wallet)).toBe(pocket - 1_000n)
  expect(await balanceOf(seller.receiver)).toBe(1_000n)
})
