import { AbiCoder, keccak256, TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldHead, leafOfDigest, logHeadDigest } from '../../src/chain/log-head-typed-data.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { anyAddress, anyBytes32, anyTime, anyUint64 } from '../support/arbitraries.ts'

const anyUint32 = fc.nat({ max: 2 ** 32 - 1 })
const anyHead = fc.record({
  gateway: anyAddress,
  batch: anyUint64,
  root: anyBytes32,
  count: anyUint32,
  firstSeq: anyUint64,
  head: anyBytes32,
  entriesHash: anyBytes32,
  closedAt: anyTime,
})
const members = [
  { name: 'gateway', type: 'address' },
  { name: 'batch', type: 'uint64' },
  { name: 'root', type: 'bytes32' },
  { name: 'count', type: 'uint32' },
  { name: 'firstSeq', type: 'uint64' },
  { name: 'head', type: 'bytes32' },
  { name: 'entriesHash', type: 'bytes32' },
  { name: 'closedAt', type: 'uint64' },
]

test('a head hashes as ethers hashes it', () => {
  let compared = 0
  fc.assert(
    fc.property(anyHead, anyUint64, anyAddress, (head, chainId, verifyingContract) => {
      const domain = { name: 'Vouch Receipts', version: '1', chainId, verifyingContract }
      expect(logHeadDigest(receiptDomain({ chainId, verifyingContract }), head)).toBe(
        TypedDataEncoder.hash(domain, { LogHead: members }, head),
      )
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})

test('leaves and folds are those of abi.encode', () => {
  let compared = 0
  const abi = AbiCoder.defaultAbiCoder()
  fc.assert(
    fc.property(anyBytes32, anyBytes32, anyUint32, (before, root, count) => {
      const folded = abi.encode(['bytes32', 'bytes32', 'uint32'], [before, root, count])
      expect(foldHead(before, { root, count })).toBe(keccak256(folded))
      expect(leafOfDigest(root)).toBe(keccak256(abi.encode(['bytes32'], [root])))
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
