/*
 * `contentHash`: what a contract checks an answer against, without JSON on chain (docs/receipts.md).
 *
 *   one choice, text:        keccak256(UTF-8 of the text)
 *   one choice, tool calls:  keccak256(RFC 8785 of the `tool_calls` array), when there is no text
 *   n > 1:                   root of a sorted-pair Merkle tree whose leaf i is
 *                            keccak256(keccak256(abi.encode(uint256 i, bytes32 hash of choice i)))
 *   what is no text:         the same with keccak256 of each choice's bytes, such as the floats of a vector
 */
import { assert } from '../base/assert.ts'
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { keccak256, keccak256Hex, keccak256Utf8 } from '../chain/keccak.ts'
import { merkleTree, rootOf } from '../chain/sorted-merkle-tree.ts'
import { hashWord, uintWord } from '../chain/typed-data.ts'
import type { Bytes32 } from '../domain/units.ts'

/** What one choice said, joined over all deltas of a stream. */
export type ChoiceContent = {
  readonly text: string
  /** The finished `tool_calls` array; empty where the model called none. */
  readonly toolCalls: readonly Json[]
}

function choiceHash(choice: ChoiceContent): Bytes32 {
  if (choice.text === '' && choice.toolCalls.length > 0) {
    return keccak256Utf8(canonicalJson(choice.toolCalls))
  }
  return keccak256Utf8(choice.text)
}

/** Choices in the order of their index; at least one. */
export function contentHash(choices: readonly ChoiceContent[]): Bytes32 {
  const [first] = choices
  // Nearly every answer has one.
  return first !== undefined && choices.length === 1
    ? choiceHash(first)
    : hashOfAll(choices.map(choiceHash))
}

/** The same of what each choice delivered where that is no text. */
export const deliveredHash = (delivered: readonly Uint8Array[]): Bytes32 =>
  hashOfAll(delivered.map(keccak256))

function hashOfAll(hashes: readonly Bytes32[]): Bytes32 {
  const [first] = hashes
  assert(first !== undefined, 'an answer has at least one choice')
  return hashes.length === 1 ? first : rootOf(merkleTree(hashes.map(leafOf)))
}

/** Hashed twice, so that no inner node of the tree can be passed off as a leaf. */
const leafOf = (hash: Bytes32, index: number): Bytes32 =>
  keccak256Hex(hashWord(keccak256Hex(uintWord(index, 256) + hashWord(hash))))
