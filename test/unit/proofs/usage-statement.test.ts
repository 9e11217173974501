import { expect, test } from 'vitest'
import {
  address,
  atomic,
  type Bytes32,
  bytes32,
  unixSeconds,
  zeroBytes32,
} from '../../../src/domain/units.ts'
import {
  noTreeKeys,
  readUsageInputs,
  type UsageStatement,
  usageInputCount,
  usagePublicInputs,
} from '../../../src/proofs/usage-statement.ts'

const word = (byte: string): Bytes32 => bytes32(`0x${byte.repeat(32)}`)

const statement: UsageStatement = {
  domainSeparator: word('a1'),
  channelId: word('ff'),
  gateway: address(`0x${'66'.repeat(20)}`),
  asset: address(`0x${'dd'.repeat(20)}`),
  firstSeq: 7,
  count: 3,
  total: atomic(2n ** 128n - 1n),
  priced: atomic(2n ** 128n - 1n),
  cumulative: atomic(2n ** 128n - 1n),
  unsignedCount: 1,
  unsignedTotal: atomic(5n),
  lastFinishedAt: unixSeconds(1_700_000_009),
  previousDigest: word('b2'),
  lastDigest: word('c3'),
  priceHashes: [word('d4'), word('d5')],
  signers: [
    {
      contributor: address(`0x${'cc'.repeat(20)}`),
      publicKey: `0x${'12'.repeat(32)}${'34'.repeat(32)}`,
      firstFinishedAt: unixSeconds(1_700_000_001),
      lastFinishedAt: unixSeconds(1_700_000_009),
    },
  ],
}

test('a statement comes back from its public inputs', () => {
  const inputs = usagePublicInputs(statement)
  expect(inputs).toHaveLength(usageInputCount)
  expect(readUsageInputs(inputs)).toEqual({ ok: true, value: { statement, keys: noTreeKeys } })
})

test('words are halved with the upper half first, times of a signer share an element', () => {
  const inputs = usagePublicInputs(statement)
  expect(inputs[2]).toBe(`0x${'0'.repeat(32)}${'f'.repeat(32)}`)
  expect(inputs[6]).toBe(`0x${'0'.repeat(63)}7`)
  expect(inputs[18]).toBe(`0x${'0'.repeat(32)}${'d4'.repeat(16)}`)
  expect(inputs[31]).toBe(`0x${'0'.repeat(32)}000000006553f101000000006553f109`)
})

test('a tree of batches says by which circuits it was proven', () => {
  const keys = { batchKey: word('01'), treeKey: word('02') }
  const inputs = usagePublicInputs(statement, keys)
  expect(inputs.slice(-2)).toEqual([keys.batchKey, keys.treeKey])
  expect(readUsageInputs(inputs)).toEqual({ ok: true, value: { statement, keys } })
})

test.each([
  ['half a word has 129 bits', 0, `0x${'0'.repeat(31)}1${'0'.repeat(32)}`],
  ['an address has 161 bits', 4, `0x${'0'.repeat(23)}1${'0'.repeat(40)}`],
  ['a number is beyond 2^53', 6, `0x${'0'.repeat(48)}0020000000000000`],
  ['an unused signer has a key', 33, `0x${'0'.repeat(63)}1`],
  ['a sheet stands behind a gap', 25, `0x${'0'.repeat(63)}1`],
])('inputs are refused where %s', (_, index, value) => {
  const inputs = usagePublicInputs(statement).with(index, bytes32(value))
  expect(readUsageInputs(inputs)).toMatchObject({ error: { reason: 'public_inputs_malformed' } })
})

test.each([
  ['too few', [zeroBytes32]],
  ['too many', [...usagePublicInputs(statement), zeroBytes32]],
])('inputs that are %s are refused', (_, inputs) => {
  expect(readUsageInputs(inputs)).toMatchObject({
    error: { reason: 'public_inputs_malformed' },
  })
})
