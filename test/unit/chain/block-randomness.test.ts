import { expect, test } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import { readBlockRandomness } from '../../../src/chain/block-randomness.ts'
import type { JsonRpc } from '../../../src/chain/json-rpc.ts'

const word = (digits: string) => `0x${digits.padStart(64, '0')}`
const node = (result: unknown): JsonRpc => ({
  origin: 'http://node.test',
  call: async (method, params) => {
    expect([method, params]).toEqual(['eth_getBlockByNumber', ['0x12', false]])
    return ok(result)
  },
})

test('answers the randomness of a block, in lower case', async () => {
  const randomness = `0x${'Ab'.repeat(32)}`
  expect(await readBlockRandomness(node({ mixHash: randomness }), 18)).toEqual(
    ok(randomness.toLowerCase()),
  )
})

test('a block that is not there yet has none', async () => {
  expect(await readBlockRandomness(node(null), 18)).toEqual(ok(undefined))
})

test.each([word('0'), word('1'), word('f'.repeat(32)), '0x12', undefined])(
  'a chain that says %s has no randomness to choose with',
  async (mixHash) => {
    expect(await readBlockRandomness(node({ mixHash }), 18)).toMatchObject({
      ok: false,
      error: { reason: 'chain_bad_answer' },
    })
  },
)
