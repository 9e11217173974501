import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { devUsd } from '../../src/dev/dev-contracts.ts'
import { atomic } from '../../src/domain/units.ts'
import type { SettlementStatus } from '../../src/settlement/settlement-status.ts'
import { runVouch } from '../support/dev-process.ts'
import { neverByItself, SettlementRig } from '../support/settlement-rig.ts'

/*
 * `vouch settlement status`, run as a person does while the stores are open and written to by this process.
 */

let rig: SettlementRig
beforeAll(async () => {
  rig = await SettlementRig.open()
})
afterAll(() => rig.close())

const status = (...more: string[]) =>
  runVouch(['settlement', 'status', '--data', rig.running.folder, ...more])
const asJson = async () => JSON.parse((await status('--json')).output) as SettlementStatus

test('an idle gateway has nothing anywhere', async () => {
  const { code, output } = await status()
  expect(code).toBe(0)
  expect(output.trim().split('\n')).toEqual([
    'in dollars: charged 0.000000, earned by contributors 0.000000, margin 0.000000',
    'by chain and asset: none',
    'unclaimed: none',
    'claimed, not paid out: none',
    'refused claims: none',
    'withdrawals in progress: none',
    'frozen channels: none',
    'transactions on their way: none',
    'transactions without effect: none',
  ])
})

test('everything that is unclaimed, unpaid, refused, under way or leaving is shown', async () => {
  const { payer } = rig.running.dev.keys
  const good = await rig.openBook()
  const bad = await rig.openBook(await rig.fundedConfig(1), devUsd(5n), payer)
  const leaving = await rig.openBook(await rig.fundedConfig(2))
  const frozen = await rig.openBook(await rig.fundedConfig(3))
  await rig.charge(good, 42n)
  await rig.charge(bad, 7n)
  await rig.ledger.setFrozen(frozen, true)
  const settlement = rig.startLoop({
    policy: { claim: { ...neverByItself.claim, whenUnclaimed: atomic(1n) } },
  })
  // The watch begins here: it sees what happens from now on.
  await settlement.watchNow()
  await rig.payerCalls('initiateWithdraw', leaving, devUsd(100n))
  await settlement.watchNow()
  await settlement.stop()
  await rig.stopLoops()
  // A claim that waits for its block.
  await rig.charge(good, 1n)
  await rig.ask('evm_setAutomine', false)
  const claiming = rig.startLoop().claimNow()
  const isSent = async () => (await rig.intents('claim')).at(-1)?.state === 'sent'
  await expect.poll(isSent).toBe(true)
  await rig.stopLoops()
  await claiming

  const seen = await asJson()
  expect(seen.unclaimed).toContainEqual({ channelId: good, amount: '1' })
  expect(seen.unclaimed).toContainEqual({ channelId: bad, amount: '7' })
  expect(seen.unsettled).toMatchObject([{ amount: '42' }])
  expect(seen.quarantined).toMatchObject([
    { channelId: bad, reason: 'voucher_signature_invalid', charged: '7' },
  ])
  const { withdrawFinalAtS } = await rig.book(leaving)
  expect(seen.withdrawals).toEqual([
    { channelId: leaving, finalAtS: withdrawFinalAtS, unclaimed: '0', held: '0' },
  ])
  expect(seen.frozen).toEqual([{ channelId: frozen, reason: 'frozen by a person' }])
  const [intent] = (await rig.intents('claim')).slice(-1)
  expect(seen.pending[0]).toMatchObject({
    kind: 'claim',
    state: 'sent',
    nonce: intent?.nonce,
    attempts: 1,
    transactionHash: intent?.attempts[0]?.transactionHash,
    maxFeeWeiPerGas: String(intent?.attempts[0]?.maxFeePerGas),
  })

  const { output } = await status()
  expect(output).toMatch(new RegExp(`refused claims:\n  ${bad}  voucher_signature_invalid`))
  expect(output).toMatch(
    /claim {2}sent {2}nonce \d+ {2}fee [\d.]+ gwei {2}signed 1 time\(s\) {2}0x/,
  )
  expect(output).toMatch(new RegExp(`withdrawals in progress:\n  ${leaving}  final 20`))
})

test('unusable arguments are told', async () => {
  const none = await runVouch(['settlement', 'status', '--data', join(rig.running.folder, 'none')])
  expect(none).toMatchObject({ code: 1, output: /no data folder of a gateway/ })
  expect((await runVouch(['settlement', 'mend'])).code).toBe(2)
  expect((await runVouch(['settlement', 'status', 'now'])).code).toBe(2)
})
