/*
 * Lenders of keys are paid on a real chain without being registered there: the address of their order is enough.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { err } from '../../src/base/result.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { devUsd } from '../../src/dev/dev-contracts.ts'
import { atomic } from '../../src/domain/units.ts'
import type { PayContributors } from '../../src/settlement/pay-contributors.ts'
import type { Payee } from '../../src/settlement/payout-terms.ts'
import { expectOk } from '../support/dev-chain.ts'
import { PayoutRig } from '../support/payout-rig.ts'

let rig: PayoutRig
let paying: PayContributors
/** Whether the node answers. */
let isThere = true
const newAddress = () => addressOfPrivateKey(randomPrivateKey())

beforeAll(async () => {
  rig = await PayoutRig.open()
  await rig.mint(rig.terms.treasury, devUsd(1_000n))
  const { rpc } = rig.running.chain
  const flaky: JsonRpc = {
    ...rpc,
    call: async (method, params) =>
      isThere
        ? rpc.call(method, params)
        : err({ reason: 'chain_unreachable', origin: rpc.origin, detail: 'gone' }),
  }
  paying = await rig.pay([], { rpc: flaky })
})
afterAll(() => rig.close())

const lenderOf = (
  contributorId: string,
  operator = newAddress(),
  receiver = newAddress(),
): Payee => ({
  contributorId,
  operator,
  payout: {
    chainId: rig.running.dev.chainId,
    token: rig.terms.token,
    receiver,
    minWithdrawDelay: 0,
    nonce: 0,
  },
})
const reserve = (contributorId: string, amount: bigint) =>
  paying.desk.reserve({ requestId: contributorId, contributorId, worstCase: atomic(amount) })

test('one that joins is paid for every answer, to the address of its order', async () => {
  const lender = lenderOf('lent')
  expectOk(await paying.setLenders([lender]))
  expect(paying.pays('lent')).toBe(true)
  // Nothing is in its escrow yet, and nobody works for nothing.
  await paying.relayNow()
  expect(reserve('lent', devUsd(1n))).toBe(true)
  await rig.charge(paying, 'lent', devUsd(1n))
  paying.desk.release('lent')
  await paying.relayNow()
  const receiver = lender.payout?.receiver ?? lender.operator
  const share = rig.terms.earningOf(atomic(devUsd(1n)))
  expect(share).toBeGreaterThan(0n)
  expect(await rig.balanceOf(receiver)).toBe(share)
  expect((await paying.payoutOf(lender.operator))?.totalClaimed).toBe(share)
})

test('two keys of one wallet share a channel, and what left is owed to whoever left', async () => {
  const wallet = newAddress()
  const receiver = newAddress()
  const both = [lenderOf('first', wallet, receiver), lenderOf('second', wallet, receiver)]
  expectOk(await paying.setLenders(both))
  expect(paying.pays('lent')).toBe(false)
  await paying.relayNow()
  await rig.charge(paying, 'first', devUsd(1n))
  await rig.charge(paying, 'second', devUsd(2n))
  expectOk(await paying.setLenders([]))
  expect([paying.pays('first'), paying.pays('second')]).toEqual([false, false])
  await paying.relayNow()
  const share = rig.terms.earningOf(atomic(devUsd(1n))) + rig.terms.earningOf(atomic(devUsd(2n)))
  expect(await rig.balanceOf(receiver)).toBe(share)
})

test('where the chain does not say, nobody joins, and the next time whoever did not does', async () => {
  const lender = lenderOf('patient')
  isThere = false
  expect((await paying.setLenders([lender])).ok).toBe(false)
  expect(paying.pays('patient')).toBe(false)
  isThere = true
  expectOk(await paying.setLenders([lender]))
  expect(paying.pays('patient')).toBe(true)
})
