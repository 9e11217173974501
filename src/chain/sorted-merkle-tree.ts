/*
 * The Merkle tree that OpenZeppelin's MerkleProof and solady's MerkleProofLib verify: each pair is hashed with the smaller
 * one first, and a lone node moves up unchanged. A proof therefore needs no directions, and says nothing of the place of its
 * leaf. Leaves are hashes of one word where inner nodes are hashes of two, so that neither passes for the other.
 */
import { assert } from '../base/assert.ts'
import type { Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import { hashWord } from './typed-data.ts'

/** All levels, leaves first, the root alone in the last. */
export type MerkleTree = readonly (readonly Bytes32[])[]

/** At least one leaf. */
export function merkleTree(leaves: readonly Bytes32[]): MerkleTree {
  assert(leaves.length > 0, 'a tree has a leaf')
  const levels = [leaves]
  for (let level = leaves; level.length > 1; ) {
    level = levelAbove(level)
    levels.push(level)
  }
  return levels
}

export function rootOf(tree: MerkleTree): Bytes32 {
  const root = tree.at(-1)?.[0]
  assert(root !== undefined, 'a tree has a root')
  return root
}

/** What the leaf at `index` is hashed with on its way to the root. */
export function siblingsOf(tree: MerkleTree, index: number): readonly Bytes32[] {
  assert(tree[0]?.[index] !== undefined, 'the leaf is one of the tree')
  return tree.flatMap((level, height) => {
    const sibling = level[(index >> height) ^ 1]
    return sibling === undefined ? [] : [sibling]
  })
}

/** The root that a leaf and its siblings lead to. */
export const rootFrom = (leaf: Bytes32, siblings: readonly Bytes32[]): Bytes32 =>
  siblings.reduce(pairHash, leaf)

/** Lower-case digits of one length sort like the bytes that they spell. */
const pairHash = (a: Bytes32, b: Bytes32): Bytes32 =>
  keccak256Hex(a <= b ? hashWord(a) + hashWord(b) : hashWord(b) + hashWord(a))

function levelAbove(level: readonly Bytes32[]): readonly Bytes32[] {
  const above: Bytes32[] = []
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index]
    const right = level[index + 1]
    assert(left !== undefined, 'the loop stays within the level')
    above.push(right === undefined ? left : pairHash(left, right))
  }
  return above
}
