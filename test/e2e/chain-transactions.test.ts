import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeChainFailure } from '../../src/chain/chain-failure.ts'
import { channelSettlementAt, claimCall, readChannel } from '../../src/chain/channel-settlement.ts'
import { checkChainId, checkCode, readContract } from '../../src/chain/contracts.ts'
import { type Deployment, deployOnce } from '../../src/chain/deployment.ts'
import { depositCall } from '../../src/chain/deposit.ts'
import {
  receiptAnchorAbi,
  receiptAnchorBytecode,
} from '../../src/chain/generated/receipt-anchor.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import {
  type DevContractHandles,
  devContractHandles,
  devUsd,
  devUsdDomain,
} from '../../src/dev/dev-contracts.ts'
import { address, atomic, noSignature, unixSeconds, unixSecondsOf } from '../../src/domain/units.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'

let running: TestDevChain
let handles: DevContractHandles

beforeAll(async () => {
  running = await startDevChain()
  handles = devContractHandles(running.dev.contracts)
})
afterAll(() => running.stop())

const senderOf = (role: 'gatewayOperator' | 'payer' | 'deployer') =>
  openSender({
    rpc: running.chain.rpc,
    chainId: running.dev.chainId,
    privateKey: running.dev.keys[role],
  })

const nonceOf = async (account: string): Promise<unknown> =>
  expectOk(await running.chain.rpc.call('eth_getTransactionCount', [account, 'latest']))

const mintCall = (amount: bigint) => ({
  contract: handles.asset,
  functionName: 'mint',
  args: [running.dev.addresses.deployer, amount],
})

describe('sending', () => {
  test('many at once from one account each get a nonce and a block', async () => {
    const sender = senderOf('deployer')
    const sent = await Promise.all([1n, 2n, 3n, 4n, 5n].map((n) => sendCall(sender, mintCall(n))))
    const blocks = sent.map((outcome) => expectOk(outcome).blockNumber)
    expect(new Set(blocks).size).toBe(5)
    const balance = await readContract(running.chain.rpc, {
      contract: handles.asset,
      functionName: 'balanceOf',
      args: [sender.address],
    })
    expect(expectOk(balance)[0]).toBe(15n)
  })

  test('one that fails does not hold up the next', async () => {
    const sender = senderOf('deployer')
    const burn = { contract: handles.asset, functionName: 'transfer' }
    const tooMuch = { ...burn, args: [running.dev.addresses.payer, 2n ** 100n] }
    const [failed, sent] = await Promise.all([
      sendCall(sender, tooMuch),
      sendCall(sender, mintCall(1n)),
    ])
    expect(failed).toMatchObject({
      ok: false,
      error: { reason: 'reverted', call: 'DevUSD.transfer', error: 'InsufficientBalance()' },
    })
    expectOk(sent)
  })

  test('a revert is named with its arguments, and nothing is sent', async () => {
    const { channel, addresses } = running.dev
    const before = await nonceOf(addresses.gatewayOperator)
    const claim = claimCall(handles.settlement, [
      {
        ...channel,
        maxClaimableAmount: devUsd(1n),
        signature: noSignature,
        totalClaimed: devUsd(2n),
      },
    ])
    const outcome = await sendCall(senderOf('gatewayOperator'), claim)
    expect(outcome).toEqual({
      ok: false,
      error: {
        reason: 'reverted',
        call: 'ChannelSettlement.claim',
        error: `ClaimExceedsVoucher(channelId ${channel.channelId}, totalClaimed 2000000, maxClaimableAmount 1000000)`,
      },
    })
    expect(await nonceOf(addresses.gatewayOperator)).toBe(before)
  })

  test('an account without money says so', async () => {
    const sender = openSender({
      rpc: running.chain.rpc,
      chainId: running.dev.chainId,
      privateKey: randomPrivateKey(),
    })
    const outcome = await sendCall(sender, mintCall(1n))
    if (outcome.ok) throw new Error('sent without money')
    expect(describeChainFailure(outcome.error)).toMatch(/insufficient funds/i)
  })
})

describe('a deposit by authorization', () => {
  const deposit = async (change: { readonly validBefore?: number; readonly amount?: bigint }) => {
    const { dev, chain } = running
    const { asset, settlement } = handles
    await sendCall(senderOf('deployer'), {
      contract: asset,
      functionName: 'mint',
      args: [dev.addresses.payer, devUsd(10n)],
    })
    const call = await depositCall({
      settlement,
      collector: dev.contracts.eip3009Collector,
      tokenDomain: devUsdDomain({ chainId: dev.chainId, verifyingContract: asset.address }),
      channel: dev.channel,
      amount: atomic(change.amount ?? devUsd(10n)),
      validBefore: unixSeconds(change.validBefore ?? unixSecondsOf(Date.now()) + 600),
      payerKey: dev.keys.payer,
    })
    const before = expectOk(await readChannel(chain.rpc, settlement, dev.channel))
    const outcome = await sendCall(senderOf('gatewayOperator'), call)
    const after = expectOk(await readChannel(chain.rpc, settlement, dev.channel))
    return { call, outcome, added: after.balance - before.balance }
  }

  test('adds to the channel, and only once', async () => {
    const { call, outcome, added } = await deposit({})
    expectOk(outcome)
    expect(added).toBe(devUsd(10n))
    const again = await sendCall(senderOf('gatewayOperator'), call)
    expect(again).toMatchObject({ ok: false, error: { reason: 'reverted' } })
  })

  test('is refused when it expired', async () => {
    const { outcome, added } = await deposit({ validBefore: 1 })
    expect(outcome).toMatchObject({ ok: false, error: { reason: 'reverted' } })
    expect(added).toBe(0n)
  })
})

describe('reading', () => {
  test('a pending withdrawal tells when it is final', async () => {
    const { channel } = running.dev
    expectOk(
      await sendCall(senderOf('payer'), {
        contract: handles.settlement,
        functionName: 'initiateWithdraw',
        args: [channel.config, devUsd(1n)],
      }),
    )
    const { withdrawFinalAtS } = expectOk(
      await readChannel(running.chain.rpc, handles.settlement, channel),
    )
    const block = (await running.chain.rpc.call('eth_getBlockByNumber', ['latest', false])) as {
      value: { timestamp: string }
    }
    expect(withdrawFinalAtS).toBe(Number(block.value.timestamp) + channel.config.withdrawDelay)
  })

  test('an address without the contract is said', async () => {
    const nobody = channelSettlementAt(address(`0x${'99'.repeat(20)}`))
    const failure = {
      reason: 'contract_missing',
      name: 'ChannelSettlement',
      address: nobody.address,
    }
    const { rpc } = running.chain
    expect(await checkCode(rpc, [handles.asset, nobody])).toEqual({ ok: false, error: failure })
    expect(await readChannel(rpc, nobody, running.dev.channel)).toEqual({
      ok: false,
      error: failure,
    })
  })

  test('another contract than the one that was meant is said', async () => {
    const notSettlement = channelSettlementAt(handles.asset.address)
    const read = await readChannel(running.chain.rpc, notSettlement, running.dev.channel)
    expect(read.ok).toBe(false)
  })

  test('another chain than the one that was meant is said', async () => {
    expect(await checkChainId(running.chain.rpc, 31337)).toEqual({ ok: true, value: undefined })
    const wrong = await checkChainId(running.chain.rpc, 8453)
    if (wrong.ok) throw new Error('accepted another chain')
    expect(describeChainFailure(wrong.error)).toBe(
      `the chain at ${running.chain.rpc.origin} has id 31337, but 8453 is configured: one of the two is wrong`,
    )
  })

  test('a node that is gone is said', async () => {
    // Port 9 is discard: nothing listens there.
    const answer = await checkChainId(jsonRpc('http://127.0.0.1:9'), 31337)
    expect(answer).toMatchObject({ ok: false, error: { reason: 'chain_unreachable' } })
  })
})

test('a deployment is made once, and other arguments are another contract', async () => {
  const { rpc } = running.chain
  const sender = senderOf('deployer')
  const ofPayer: Deployment = {
    name: 'ReceiptAnchor',
    abi: receiptAnchorAbi,
    bytecode: receiptAnchorBytecode,
    args: [running.dev.addresses.payer],
  }
  const first = expectOk(await deployOnce(rpc, sender, ofPayer))
  const before = await nonceOf(sender.address)
  expect(expectOk(await deployOnce(rpc, sender, ofPayer))).toBe(first)
  expect(await nonceOf(sender.address)).toBe(before)
  expect(running.dev.contracts.receiptAnchor).not.toBe(first)
})
