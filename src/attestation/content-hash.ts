/*
 * `contentHash`: what a contract checks an answer against, without JSON on chain (docs/receipts.md).
 *
 *   one choice, text:        keccak256(UTF-8 of the text)
 *   one choice, tool calls:  keccak256(RFC 8785 of the `tool_calls` array), when there is no text
 *   n > 1:                   root of a sorted-pair Merkle tree whose leaf i is
 *                            keccak256(keccak256(abi.encode(uint256 i, bytes32 hash of choice i)))
 */
import { hash } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { type Bytes32, bytes32 } from '../domain/units.ts'
import { canonicalJson, type Json } from './canonical-json.ts'

/** What one choice said, joined over all deltas of a stream. */
export type ChoiceContent = {
  readonly text: string
  /** The finished `tool_calls` array; empty where the model called none. */
  readonly toolCalls: readonly Json[]
}

const keccak = (data: string | Uint8Array): Buffer => hash('keccak-256', data, 'buffer')
const asBytes32 = (digest: Buffer): Bytes32 => bytes32(`0x${digest.toString('hex')}`)

function choiceHash(choice: ChoiceContent): Buffer {
  if (choice.text === '' && choice.toolCalls.length > 0) {
    return keccak(canonicalJson(choice.toolCalls))
  }
  return keccak(choice.text)
}

/** Choices in the order of their index; at least one. */
export function contentHash(choices: readonly ChoiceContent[]): Bytes32 {
  const [first] = choices
  assert(first !== undefined, 'an answer has at least one choice')
  if (choices.length === 1) return asBytes32(choiceHash(first))
  return asBytes32(merkleRoot(choices.map((choice, index) => choiceLeaf(index, choice))))
}

/** Hashed twice, so that no inner node of the tree can be passed off as a leaf. */
function choiceLeaf(index: number, choice: ChoiceContent): Buffer {
  const words = Buffer.alloc(64)
  words.writeUInt32BE(index, 28)
  choiceHash(choice).copy(words, 32)
  return keccak(keccak(words))
}

/** Sorted pairs, a lone node moves up unchanged: the verification of OpenZeppelin's MerkleProof. */
function merkleRoot(leaves: readonly Buffer[]): Buffer {
  let level = leaves
  while (level.length > 1) {
    const above: Buffer[] = []
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index]
      const right = level[index + 1]
      assert(left !== undefined, 'the loop stays within the level')
      above.push(right === undefined ? left : pairHash(left, right))
    }
    level = above
  }
  const [root] = level
  assert(root !== undefined, 'a tree has a leaf')
  return root
}

const pairHash = (a: Buffer, b: Buffer): Buffer =>
  keccak(Buffer.concat(Buffer.compare(a, b) <= 0 ? [a, b] : [b, a]))
