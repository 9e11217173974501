import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { err } from '../../../src/base/result.ts'
import { channelDomain, channelIdOf, voucherDigest } from '../../../src/chain/channel-typed-data.ts'
import type { JsonRpc } from '../../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import { type CreditEvent, openCredit } from '../../../src/contributor/credit.ts'
import { vouchersWaitingMax } from '../../../src/contributor/limits.ts'
import { encodeVoucher } from '../../../src/domain/payout-voucher.ts'
import { address, atomic, bytes32 } from '../../../src/domain/units.ts'
import { channelConfig } from '../../support/channels.ts'
import { expectOk } from '../../support/dev-chain.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

const key = randomPrivateKey()
const price = atomic(1_000_000n)
const agreement = {
  gateway: address(`0x${'9a'.repeat(20)}`),
  chainId: 31337,
  settlement: address(`0x${'5e'.repeat(20)}`),
  token: channelConfig.token,
  receiver: channelConfig.receiver,
  withdrawDelayMinS: channelConfig.withdrawDelay,
  prices: {
    promptAtomicPerMtok: price,
    cachedPromptAtomicPerMtok: price,
    completionAtomicPerMtok: price,
  },
  feeBps: 0,
}

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

/** A node that answers nobody until it is told to, and then that it cannot. */
function silentNode() {
  const asked: string[] = []
  const first = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const rpc: JsonRpc = {
    origin: 'http://node',
    async call(_method, params) {
      asked.push(JSON.stringify(params))
      first.resolve()
      await released.promise
      return err({ reason: 'chain_unreachable', origin: 'http://node', detail: 'gone' })
    },
  }
  return { rpc, asked, firstCall: first.promise, release: () => released.resolve() }
}

/** A good one, on a channel of its own. */
function voucherOnChannel(index: number): { readonly channelId: string; readonly text: string } {
  const salt = bytes32(`0x${index.toString(16).padStart(64, '0')}`)
  const config = { ...channelConfig, payerAuthorizer: addressOfPrivateKey(key), salt }
  const { chainId, settlement } = agreement
  const domain = channelDomain({ chainId, verifyingContract: settlement })
  const channelId = channelIdOf(domain, config)
  const maxClaimableAmount = atomic(100n)
  const signature = signDigest(voucherDigest(domain, { channelId, maxClaimableAmount }), key)
  return { channelId, text: encodeVoucher({ chainId, config, maxClaimableAmount, signature }) }
}

test('of more vouchers than the node answers for, the newest are judged, and nobody waits for the rest', async () => {
  const node = silentNode()
  const events: CreditEvent[] = []
  const credit = expectOk(
    await openCredit({
      agreement,
      rpc: node.rpc,
      limitAmount: atomic(10n),
      file: join(folder.path, 'credit.json'),
      onEvent: (event) => events.push(event),
      nowMs: Date.now,
    }),
  )
  const sent = Array.from({ length: 40 }, (_, index) => voucherOnChannel(index))
  const [first = voucherOnChannel(0), ...others] = sent
  const judged = [credit.take(first.text)]
  await node.firstCall
  // A gateway in no hurry sends one voucher with many requests: those take no room.
  for (const { text } of others) judged.push(credit.take(text), credit.take(text))
  node.release()
  await Promise.all(judged)
  const counted = [first, ...sent.slice(-vouchersWaitingMax)]
  expect(events).toEqual(
    counted.map(() => ({ event: 'voucher_refused', reason: 'chain_unavailable' })),
  )
  const wasAsked = ({ channelId }: { readonly channelId: string }) =>
    node.asked.some((params) => params.includes(channelId.slice(2)))
  expect(sent.filter(wasAsked)).toEqual(counted)
  // Nothing is known against the newest: sent again, it is judged again.
  await credit.take(sent.at(-1)?.text ?? '')
  expect(events).toHaveLength(counted.length + 1)
  await credit.close()
})
