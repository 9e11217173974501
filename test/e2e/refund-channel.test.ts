import { afterEach, beforeEach, expect, test } from 'vitest'
import { devUsd } from '../../src/dev/dev-contracts.ts'
import { bytes32 } from '../../src/domain/units.ts'
import { SettlementRig } from '../support/settlement-rig.ts'

/*
 * A payer gets back what was not charged, without the delay of a withdrawal; nobody loses what was.
 */

let rig: SettlementRig
beforeEach(async () => {
  rig = await SettlementRig.open()
})
afterEach(() => rig.close())

const dayMs = 86_400_000

test('what is charged is claimed, the rest goes back, and the channel takes nothing more', async () => {
  const channelId = await rig.openBook()
  await rig.charge(channelId, 42n)
  const loop = rig.startLoop()
  expect(await loop.refund(channelId)).toMatchObject({
    ok: true,
    value: { amount: devUsd(100n) - 42n },
  })
  expect(await rig.balanceOf('payer')).toBe(devUsd(100n) - 42n)
  const channel = await rig.book(channelId)
  expect(channel).toMatchObject({ closing: true, totalClaimed: 42n, withdrawFinalAtS: undefined })
  expect(await rig.onChain(channel)).toMatchObject({ balance: 42n, totalClaimed: 42n })
  await expect(rig.hold(channelId, 1n)).rejects.toThrow(/channel_closing/)
  await loop.claimNow()
  expect(await rig.balanceOf('gatewayOperator')).toBe(42n)
})

test('a channel that is topped up after its refund serves again', async () => {
  const channelId = await rig.openBook(await rig.fundedConfig(1))
  const loop = rig.startLoop()
  await loop.watchNow()
  await loop.refund(channelId)
  await rig.fundedConfig(1)
  await loop.watchNow()
  expect(await rig.book(channelId)).toMatchObject({ closing: false, balance: devUsd(100n) })
  await rig.hold(channelId, 1n)
})

test('not while a request is in flight; the channel serves on', async () => {
  const channelId = await rig.openBook()
  const requestId = await rig.hold(channelId, 1_000n)
  const loop = rig.startLoop()
  expect(await loop.refund(channelId)).toEqual({
    ok: false,
    error: { reason: 'requests_in_flight', heldAmount: 1_000n },
  })
  await rig.hold(channelId, 1n)
  await rig.chargeHeld(requestId, 5n)
  expect(await rig.balanceOf('payer')).toBe(0n)
})

test('once a day', async () => {
  let nowMs = Date.now()
  const channelId = await rig.openBook(await rig.fundedConfig(1))
  const loop = rig.startLoop({ nowMs: () => nowMs })
  await loop.watchNow()
  const beganAtMs = nowMs
  expect((await loop.refund(channelId)).ok).toBe(true)
  await rig.fundedConfig(1)
  nowMs += dayMs - 1
  expect(await loop.refund(channelId)).toEqual({
    ok: false,
    error: { reason: 'refunded_recently', againAtMs: beganAtMs + dayMs },
  })
  nowMs += 1
  expect((await loop.refund(channelId)).ok).toBe(true)
})

test('nothing to refund leaves the channel open', async () => {
  const channelId = await rig.openBook(rig.running.dev.channel.config, devUsd(100n))
  await rig.charge(channelId, devUsd(100n))
  const loop = rig.startLoop()
  expect(await loop.refund(channelId)).toMatchObject({ error: { reason: 'nothing_to_refund' } })
  expect(await rig.book(channelId)).toMatchObject({ closing: false })
  const nobody = bytes32(`0x${'99'.repeat(32)}`)
  expect(await loop.refund(nobody)).toMatchObject({ error: { reason: 'channel_not_found' } })
})

test('what cannot be claimed is not lost: the refund is refused', async () => {
  const channelId = await rig.openBook(
    rig.running.dev.channel.config,
    devUsd(5n),
    rig.running.dev.keys.payer,
  )
  await rig.charge(channelId, 42n)
  expect(await rig.startLoop().refund(channelId)).toEqual({
    ok: false,
    error: { reason: 'charges_not_claimed', detail: 'voucher_signature_invalid' },
  })
  expect(await rig.book(channelId)).toMatchObject({ closing: false })
  expect(await rig.balanceOf('payer')).toBe(0n)
})

test('a refund that was on its way when the process ended is finished by the next, once', async () => {
  const channelId = await rig.openBook()
  const loop = rig.startLoop()
  await loop.watchNow()
  await rig.ask('evm_setAutomine', false)
  const refunding = loop.refund(channelId)
  await expect.poll(async () => (await rig.intents('refund'))[0]?.state).toBe('sent')
  await rig.stopLoops()
  expect(await refunding).toMatchObject({ error: { reason: 'refund_unconfirmed' } })
  await expect(rig.hold(channelId, 1n)).rejects.toThrow(/channel_closing/)

  await rig.ask('evm_setAutomine', true)
  await rig.ask('evm_mine')
  const next = rig.startLoop()
  await next.claimNow()
  expect(await rig.balanceOf('payer')).toBe(devUsd(100n))
  expect(await rig.intents('refund')).toMatchObject([{ state: 'final' }])
  expect(await next.refund(channelId)).toMatchObject({ error: { reason: 'refunded_recently' } })
})
