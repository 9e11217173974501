import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keccak256Hex } from '../../src/chain/keccak.ts'
import { leafOfDigest } from '../../src/chain/log-head-typed-data.ts'
import { merkleTree, rootFrom, rootOf, siblingsOf } from '../../src/chain/sorted-merkle-tree.ts'
import type { Bytes32 } from '../../src/domain/units.ts'
import { treeOf } from '../../src/transparency/form-batch.ts'
import { anyBytes32 } from '../support/arbitraries.ts'
import { someDigests } from '../support/log-batches.ts'

const flipped = (word: Bytes32): Bytes32 =>
  `${word.slice(0, -1)}${word.endsWith('0') ? '1' : '0'}` as Bytes32

test('every leaf of every tree leads to its root, and nothing near it does', () => {
  let leaves = 0
  fc.assert(
    fc.property(fc.array(anyBytes32, { minLength: 1, maxLength: 70 }), (digests) => {
      const tree = treeOf(digests)
      const root = rootOf(tree)
      for (const [index, digest] of digests.entries()) {
        const siblings = siblingsOf(tree, index)
        const leaf = leafOfDigest(digest)
        expect(rootFrom(leaf, siblings)).toBe(root)
        expect(siblings.length).toBeLessThanOrEqual(Math.ceil(Math.log2(digests.length)))
        // Without its second hash, changed by a bit, or with a path that is cut, longer or changed.
        expect(rootFrom(digest, siblings)).not.toBe(root)
        expect(rootFrom(leafOfDigest(flipped(digest)), siblings)).not.toBe(root)
        expect(rootFrom(leaf, [...siblings, leaf])).not.toBe(root)
        for (const at of siblings.keys()) {
          expect(rootFrom(leaf, siblings.toSpliced(at, 1))).not.toBe(root)
          const changed = siblings.with(at, flipped(siblings[at] as Bytes32))
          expect(rootFrom(leaf, changed)).not.toBe(root)
        }
        leaves += 1
      }
    }),
  )
  expect(leaves).toBeGreaterThan(100)
})

test('a tree of one leaf is that leaf; a lone node moves up; two that are the same stay two', () => {
  const [a, b, c] = someDigests(3).map(leafOfDigest) as [Bytes32, Bytes32, Bytes32]
  expect(rootOf(merkleTree([a]))).toBe(a)
  expect(siblingsOf(merkleTree([a]), 0)).toEqual([])
  const three = merkleTree([a, b, c])
  expect(siblingsOf(three, 2)).toHaveLength(1)
  expect(rootFrom(c, siblingsOf(three, 2))).toBe(rootOf(three))
  const twice = merkleTree([a, a])
  expect(rootOf(twice)).not.toBe(a)
  expect(rootFrom(a, siblingsOf(twice, 1))).toBe(rootOf(twice))
})

test('the two children of a node, 64 bytes, are no leaf', () => {
  const digests = someDigests(4)
  const tree = treeOf(digests)
  const [left, right] = tree[0] as readonly [Bytes32, Bytes32]
  const pair = [left, right].sort().map((word) => word.slice(2))
  // Who could pass them off as a digest would have a path to the root with one step less.
  const inner = keccak256Hex(pair.join(''))
  expect(rootFrom(inner, siblingsOf(tree, 0).slice(1))).toBe(rootOf(tree))
  expect(rootFrom(leafOfDigest(inner), siblingsOf(tree, 0).slice(1))).not.toBe(rootOf(tree))
})

test('the proofs that the contracts accept are ours', () => {
  type Vector = {
    readonly count: number
    readonly index: number
    readonly digest: Bytes32
    readonly root: Bytes32
    readonly proof: readonly Bytes32[]
  }
  const url = new URL('../vectors/contracts-merkle.json', import.meta.url)
  const vectors = JSON.parse(readFileSync(url, 'utf8')) as readonly Vector[]
  for (const { digest, root, proof } of vectors) {
    expect(rootFrom(leafOfDigest(digest), proof)).toBe(root)
  }
  // The three smallest are in the file whole.
  const whole = Map.groupBy(vectors, ({ root }) => root)
  let built = 0
  for (const [root, leaves] of whole) {
    if (leaves.length !== leaves[0]?.count) continue
    const tree = treeOf(leaves.map(({ digest }) => digest))
    expect(rootOf(tree)).toBe(root)
    for (const { index, proof } of leaves) expect(siblingsOf(tree, index)).toEqual(proof)
    built += 1
  }
  expect(built).toBe(3)
})
