import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBuriedChannel } from '../../src/chain/buried-channel.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { devUsd } from '../../src/dev/dev-contracts.ts'
import type { Bytes32 } from '../../src/domain/units.ts'
import { expectOk } from '../support/dev-chain.ts'
import { neverByItself, SettlementRig } from '../support/settlement-rig.ts'

/*
 * A deposit counts when enough blocks have it, a withdrawal at once.
 */

const confirmations = 5
let rig: SettlementRig
beforeAll(async () => {
  rig = await SettlementRig.open()
})
afterAll(() => rig.close())

const mine = (blocks: number) => rig.ask('anvil_mine', `0x${blocks.toString(16)}`)

async function balanceOf(channel: Parameters<typeof readBuriedChannel>[2]['channel']) {
  const { settlement } = rig.handles
  const { rpc } = rig.running.chain
  const read = await readBuriedChannel(rpc, settlement, { channel, confirmations })
  return expectOk(read).balance
}

test('a deposit counts from the block on that confirms it often enough, and not before', async () => {
  await mine(confirmations)
  const config = await rig.fundedConfig(1)
  const channelId = await rig.openBook(config)
  const seen: bigint[] = []
  for (let block = 1; block <= confirmations; block += 1) {
    seen.push(await balanceOf({ channelId, config }))
    await mine(1)
  }
  expect(seen.at(0)).toBe(0n)
  expect(await balanceOf({ channelId, config })).toBe(devUsd(100n))
  expect(new Set(seen)).toEqual(new Set([0n, devUsd(100n)]))
})

test('on a chain younger than that nothing counts, and a contract younger than that block has no deposits', async () => {
  const config = await rig.fundedConfig(2)
  const channelId: Bytes32 = await rig.openBook(config)
  const { settlement } = rig.handles
  const { rpc } = rig.running.chain
  const channel = { channelId, config }
  const deep = await readBuriedChannel(rpc, settlement, { channel, confirmations: 1_000_000 })
  expect(expectOk(deep).balance).toBe(0n)
  const head = Number(await rig.ask('eth_blockNumber'))
  const first = await readBuriedChannel(rpc, settlement, { channel, confirmations: head + 1 })
  expect(expectOk(first).balance).toBe(0n)
})

test('a node that does not know so old a state is a failure, not an empty channel', async () => {
  const { chain } = rig.running
  const forgetful: JsonRpc = {
    origin: chain.rpc.origin,
    call: (method, params) =>
      method === 'eth_call' && params[1] !== 'latest'
        ? Promise.resolve({
            ok: false,
            error: {
              reason: 'chain_error',
              method,
              code: -32000,
              message: 'missing trie node',
              data: undefined,
            },
          })
        : chain.rpc.call(method, params),
  }
  const config = await rig.fundedConfig(3)
  const channel = { channelId: await rig.openBook(config), config }
  const read = await readBuriedChannel(forgetful, rig.handles.settlement, {
    channel,
    confirmations,
  })
  expect(read).toMatchObject({ ok: false, error: { message: 'missing trie node' } })
})

test('a withdrawal is seen at once by settlement, whatever must confirm a deposit', async () => {
  const config = await rig.fundedConfig(4)
  const channelId = await rig.openBook(config)
  await mine(confirmations)
  const loop = rig.startLoop({ policy: neverByItself, confirmations })
  await loop.watchNow()
  await rig.payerCalls('initiateWithdraw', channelId, devUsd(100n))
  await loop.watchNow()
  expect(await rig.ledger.channel(channelId)).toMatchObject({ closing: true })
  await rig.stopLoops()
})
