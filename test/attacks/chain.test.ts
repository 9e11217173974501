/*
 * What can be tried with the chain itself: a node that lies, blocks that are taken back, and answers that never come. Each
 * test is a row of docs/payments-attacks.md.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { id } from 'ethers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { depositCall } from '../../src/chain/deposit.ts'
import { devUsd, devUsdDomain } from '../../src/dev/dev-contracts.ts'
import { bytes32, unixSeconds } from '../../src/domain/units.ts'
import {
  type AttackPlace,
  answerCost,
  openAttackPlace,
  type Victim,
} from '../support/attack-place.ts'
import { tokensOf } from '../support/deposits.ts'

const deposited = 1_000_000n

/** A node that passes on what another one says, or something better. */
type Liar = {
  readonly url: string
  target: string
  /** What it makes of an answer's `result`. */
  lie: (method: string, result: unknown) => unknown
  readonly close: () => void
}

async function startLiar(): Promise<Liar> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const part of request) chunks.push(part as Buffer)
    const body = Buffer.concat(chunks).toString()
    const { method } = JSON.parse(body) as { readonly method: string }
    const headers = { 'content-type': 'application/json' }
    const told = await fetch(liar.target, { method: 'POST', headers, body })
    const answer = (await told.json()) as { result?: unknown }
    if ('result' in answer) answer.result = liar.lie(method, answer.result)
    response.writeHead(200, headers).end(JSON.stringify(answer))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const liar: Liar = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    lie: (_method, result) => result,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return liar
}

let place: AttackPlace
let liar: Liar

beforeAll(async () => {
  liar = await startLiar()
  place = await openAttackPlace((config) => {
    const { rpcUrl } = config.chain
    liar.target = rpcUrl
    return { ...config, chain: { ...config.chain, rpcUrl: liar.url, secondRpcUrl: rpcUrl } }
  })
  await place.gateway().settlement.watchNow()
})
afterAll(async () => {
  await place.stop()
  liar.close()
})

const word = (amount: bigint) => amount.toString(16).padStart(64, '0')
/** The first word of what the contract says of a channel is its balance. */
const inventDeposit = (amount: bigint) => {
  liar.lie = (method, result) =>
    method === 'eth_call' && String(result).startsWith(`0x${word(deposited)}`)
      ? `0x${word(deposited + amount)}${String(result).slice(66)}`
      : result
}
const tellTruth = () => {
  liar.lie = (_method, result) => result
}

test('neither a node that lies nor blocks that are taken back give credit for money that is not there', async () => {
  const victim = await place.victim()
  expect((await victim.ask()).status).toBe(200)
  inventDeposit(devUsd(50n))
  expect((await victim.promise(devUsd(40n))).status).not.toBe(200)
  // A round of the settlement sees that the nodes differ by more than may be.
  await place.gateway().settlement.claimNow()
  expect((await victim.book()).balance).toBe(deposited)
  tellTruth()
  await place.gateway().settlement.claimNow()
  expect(await place.expectTheLaw([victim])).toBe(answerCost)

  const reorganised = await place.victim()
  expect((await reorganised.ask()).status).toBe(200)
  const depositBlock = await blockOfDeposit(reorganised)
  const head = Number(await place.rpc('eth_blockNumber'))
  await place.gateway().settlement.watchNow()
  await place.rpc('anvil_reorg', head - depositBlock + 1, [])
  expect(await reorganised.onChain()).toMatchObject({ balance: 0n })
  await place.gateway().settlement.watchNow()
  expect(await reorganised.book()).toMatchObject({ frozen: true })
  expect(await reorganised.ask()).toMatchObject({ status: 402 })
  expect((await reorganised.promise(200_000n)).status).not.toBe(200)
  expect(await reorganised.book()).toMatchObject({ chargedCumulativeAmount: answerCost })
})

test('channels that are made up by the hundred do not use up what the nodes answer', async () => {
  const victim = await place.victim()
  let calls = 0
  liar.lie = (method, result) => {
    if (method === 'eth_call') calls += 1
    return result
  }
  const made = await place.victim({ deposited: 0n })
  const codes = await Promise.all(
    Array.from({ length: 300 }, (_, index) => {
      const salt = bytes32(`0x${index.toString(16).padStart(64, '0')}`)
      const channelConfig = { ...made.place.config, salt }
      const voucher = { maxClaimableAmount: '1', signature: made.sign(1n) }
      return place.post('/v1/billing/vouchers', { channelConfig, ...voucher })
    }),
  )
  tellTruth()
  expect(codes.some(({ code }) => code === 'channel_terms_unacceptable')).toBe(true)
  expect(codes.filter(({ code }) => code === 'chain_unavailable').length).toBeGreaterThan(100)
  // Two calls for each channel, and the settlement's own.
  expect(calls).toBeLessThan(450)
  // Who has a channel is served, and so is who brings a deposit.
  expect(await victim.promise(200_000n)).toMatchObject({ status: 200 })
  expect(await made.deposit(20_000n)).toMatchObject({ code: 'deposit_rejected' })
  expect(await (await place.victim()).book()).toMatchObject({ balance: deposited })
})

test('a deposit that is not final is no credit but for the little that is risked', async () => {
  const cautious = await openAttackPlace((config) => ({
    ...config,
    chain: { ...config.chain, confirmations: 3 },
  }))
  try {
    const { rpc } = cautious
    const mineTwo = () => rpc('anvil_mine', '0x2')
    await mineTwo()
    // Little is credited by its first block, and stays credited however often the chain is asked.
    const small = await cautious.victim()
    expect((await small.ask()).status).toBe(200)
    expect(await small.promise(200_000n)).toMatchObject({ status: 200 })
    expect(await small.book()).toMatchObject({ closing: false, balance: deposited })
    // Much is not, whoever sent it: here the payer itself does.
    const large = await cautious.victim({ deposited: 0n, pocket: devUsd(1_000n) })
    const payer = await cautious.gasAccount(large.payerKey)
    const { chainId, settlement: address, collector, asset } = large.place
    const deposit = await depositCall({
      ...{ settlement: cautious.handles.settlement, collector, channel: large.place },
      ...{ amount: devUsd(1_000n), validBefore: unixSeconds(4e9), payerKey: large.payerKey },
      tokenDomain: devUsdDomain({ chainId, verifyingContract: asset.address }),
    })
    expect(await cautious.call(payer, deposit)).toBeUndefined()
    expect(await tokensOf(cautious.running, address)).toBeGreaterThan(devUsd(1_000n))
    expect(await large.promise(devUsd(900n))).toMatchObject({ code: 'channel_terms_unacceptable' })
    await mineTwo()
    expect(await large.promise(devUsd(900n))).toMatchObject({ status: 200 })
  } finally {
    await cautious.rpc('evm_setIntervalMining', 1)
    await cautious.stop()
  }
})

test('a deposit whose outcome nobody knows is neither failed nor made twice', async () => {
  const victim = await place.victim({ deposited: 0n, pocket: 2n * deposited })
  await place.rpc('evm_setAutomine', false)
  const bodies: unknown[] = []
  const order = victim.depositOrder(deposited)
  const send = () => place.post('/v1/billing/deposits', order)
  const first = send().then(
    ({ code }) => bodies.push(code),
    () => bodies.push('connection lost'),
  )
  const pending = async () =>
    expect(await place.rpc('txpool_status')).toMatchObject({ pending: '0x1' })
  await vi.waitFor(pending, 10_000)
  // The gateway goes, and comes back without knowing what became of it.
  await place.restart()
  await first
  expect(bodies).toHaveLength(1)
  const again = send()
  await place.rpc('evm_setAutomine', true)
  await place.rpc('evm_mine')
  expect(await again).toMatchObject({ status: 200 })
  expect(await send()).toMatchObject({ status: 200 })
  expect(await depositsOf(victim)).toHaveLength(1)
  expect(await tokensOf(place.running, victim.place.config.payer)).toBe(deposited)
  expect(await victim.onChain()).toEqual({ balance: deposited, totalClaimed: 0n })
  expect(await victim.promise(100_000n)).toMatchObject({ status: 200 })
})

const depositsOf = async ({ place: { channelId, settlement } }: Victim) =>
  (await place.rpc('eth_getLogs', {
    address: settlement,
    fromBlock: '0x0',
    topics: [id('Deposited(bytes32,address,address,uint128,uint128)'), channelId],
  })) as readonly { readonly blockNumber: string }[]

const blockOfDeposit = async (victim: Victim) => Number((await depositsOf(victim))[0]?.blockNumber)
