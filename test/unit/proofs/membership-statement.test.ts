import { expect, test } from 'vitest'
import { address, type Bytes32, bytes32, unixSeconds } from '../../../src/domain/units.ts'
import {
  membershipInputCount,
  membershipLevelsMax,
  membershipNullifier,
  membershipPublicInputs,
} from '../../../src/proofs/membership-statement.ts'

const word = (byte: string): Bytes32 => bytes32(`0x${byte.repeat(32)}`)

test('public inputs stand in the order of the circuit', () => {
  const inputs = membershipPublicInputs({
    domainSeparator: word('01'),
    root: word('02'),
    modelId: word('03'),
    tiers: 3,
    finishedAfter: unixSeconds(4),
    finishedBefore: unixSeconds(5),
    gateway: address(`0x${'06'.repeat(20)}`),
    gatewayKey: `0x${'07'.repeat(32)}${'08'.repeat(32)}`,
    scope: word('09'),
    nullifier: word('0a'),
    bound: address(`0x${'0b'.repeat(20)}`),
  })
  const short = inputs.map((input) => BigInt(input).toString(16))
  const half = (byte: string): string[] =>
    Array(2).fill(BigInt(`0x${byte.repeat(16)}`).toString(16))
  expect(inputs).toHaveLength(membershipInputCount)
  expect(short).toEqual([
    ...['01', '02', '03'].flatMap(half),
    ...['3', '4', '5'],
    `6${'06'.repeat(19)}`,
    ...['07', '08', '09', '0a'].flatMap(half),
    `b${'0b'.repeat(19)}`,
  ])
})

test('a nullifier is one for each receipt and scope', () => {
  const all = [
    membershipNullifier(word('01'), word('02')),
    membershipNullifier(word('02'), word('01')),
    membershipNullifier(word('01'), word('01')),
  ]
  expect(new Set(all).size).toBe(3)
  // keccak256 of 64 zero bytes, as every implementation of Ethereum knows it.
  expect(membershipNullifier(word('00'), word('00'))).toBe(
    '0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5',
  )
})

test('a path is as long as the largest batch of a log needs', () => {
  expect(2 ** membershipLevelsMax).toBe(4096)
})
