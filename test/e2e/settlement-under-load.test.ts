/*
 * The chain is stopped, started again and reorganised while requests are charged and claimed. Charging goes on; what could
 * not be claimed is claimed later; in the end the receiver has what was charged, to the atomic unit.
 */
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { readChannel } from '../../src/chain/channel-settlement.ts'
import { readContract } from '../../src/chain/contracts.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain } from '../support/embedded-chain.ts'
import { SettlementRig } from '../support/settlement-rig.ts'

test('a chain that stops, starts and takes back its blocks costs nobody anything', async () => {
  const rig = await SettlementRig.open()
  let node: JsonRpc = rig.running.chain.rpc
  const rpc: JsonRpc = { origin: 'node', call: (method, params) => node.call(method, params) }
  const loop = rig.startLoop({ rpc, confirmations: 3 })
  const channelIds = [await rig.openBook()]
  for (let name = 1; name <= 4; name += 1) {
    channelIds.push(await rig.openBook(await rig.fundedConfig(name)))
  }
  let charged = 0n
  /** Charges on every channel while a round of claims runs. */
  const work = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      const claiming = loop.claimNow()
      for (const [index, channelId] of channelIds.entries()) {
        const amount = BigInt(1_000 + 7 * index + round)
        await rig.charge(channelId, amount)
        charged += amount
      }
      await loop.watchNow()
      await claiming
    }
  }
  await work(3)
  await rig.running.chain.stop()
  await work(3)
  expect(rig.events).toContain('chain_watch_blind')
  const restarted = await startChain(join(rig.running.folder, 'chain'))
  try {
    node = restarted.rpc
    // A node takes back no further than it was started: these are what the deepest of them stands on.
    for (let block = 0; block < 3; block += 1) expectOk(await node.call('evm_mine', []))
    await work(3)
    for (const depth of [1, 2, 2]) {
      expectOk(await node.call('anvil_reorg', [depth, []]))
      await work(2)
    }
    const receiver = async () => {
      const { asset } = rig.handles
      const args = [rig.running.dev.addresses.gatewayOperator]
      const read = await readContract(node, { contract: asset, functionName: 'balanceOf', args })
      return expectOk(read)[0]
    }
    await vi.waitFor(async () => {
      expectOk(await node.call('evm_mine', []))
      await loop.watchNow()
      await loop.claimNow()
      expect(await receiver()).toBe(charged)
    }, 30_000)
    for (const channelId of channelIds) {
      const channel = await rig.book(channelId)
      const onChain = expectOk(await readChannel(node, rig.handles.settlement, channel))
      expect(channel.totalClaimed).toBe(channel.chargedCumulativeAmount)
      expect(onChain.totalClaimed).toBe(channel.chargedCumulativeAmount)
      expect(channel).toMatchObject({ frozen: false, closing: false })
    }
    expect(charged).toBeGreaterThan(0n)
    expect(rig.events).toContain('chain_watch_sees_again')
    expect(rig.events).toContain('transaction_reorganised')
  } finally {
    await rig.stopLoops()
    await restarted.stop()
    await rig.close()
  }
})
