import { describe, expect, test } from 'vitest'
import { err } from '../../../src/base/result.ts'
import type { JsonRpc } from '../../../src/chain/json-rpc.ts'
import { sendRaw } from '../../../src/chain/send-raw.ts'

const refusing = (message: string): JsonRpc => ({
  origin: 'test',
  call: async (method) =>
    err({ reason: 'chain_error', method, code: -32000, message, data: undefined }),
})

/** As geth, reth, erigon, nethermind, besu and anvil say it. */
describe.each([
  ['already known', 'accepted'],
  ['AlreadyKnown', 'accepted'],
  ['transaction already imported', 'accepted'],
  ['Known transaction', 'accepted'],
  ['nonce too low: next nonce 5, tx nonce 4', 'nonce_used'],
  ['nonce too low', 'nonce_used'],
  ['OldNonce', 'nonce_used'],
  ['replacement transaction underpriced', 'underpriced'],
  ['transaction underpriced: tip needed 1, tip permitted 0', 'underpriced'],
  ['max fee per gas less than block base fee: maxFeePerGas: 1, baseFee: 2', 'underpriced'],
  ['FeeTooLow, EffectivePriorityFeePerGas too low', 'underpriced'],
])('%s', (message, verdict) => {
  test(`is ${verdict}`, async () => {
    expect(await sendRaw(refusing(message), '0x02')).toEqual({ ok: true, value: verdict })
  })
})

test('anything else is what it is', async () => {
  for (const message of ['insufficient funds for gas * price + value', 'exceeds block gas limit']) {
    expect(await sendRaw(refusing(message), '0x02')).toMatchObject({
      ok: false,
      error: { message },
    })
  }
})
