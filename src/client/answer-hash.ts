/*
 * `contentHash` computed again, by its definition in docs/receipts.md and with nothing shared with
 * the code that made it: a verifier that runs the signer's own code repeats the signer's own
 * mistakes.
 */
import { fromHex } from '../base/hex.ts'
import { keccak256, keccak256Hex, keccak256Utf8 } from '../chain/keccak.ts'
import type { Bytes32 } from '../domain/units.ts'

/** keccak256 of the text's bytes. */
export const textHash = (bytes: Uint8Array): Bytes32 => keccak256(bytes)

/** keccak256 of a `tool_calls` array in canonical JSON (RFC 8785). */
export const toolCallsHash = (toolCalls: readonly unknown[]): Bytes32 =>
  keccak256Utf8(canonicalText(toolCalls))

/**
 * The hash of a whole answer from those of its choices, in the order of their index; at least one.
 */
export function answerHash(choices: readonly [Bytes32, ...Bytes32[]]): Bytes32 {
  const [first, ...rest] = choices
  if (rest.length === 0) return first
  const leafOf = (hash: Bytes32, index: number): Bytes32 => {
    const index32 = index.toString(16).padStart(64, '0')
    return keccak256(fromHex(keccak256Hex(index32 + hash.slice(2))))
  }
  return sortedRoot([leafOf(first, 0), ...rest.map((hash, before) => leafOf(hash, before + 1))])
}

/** Of a Merkle tree as OpenZeppelin's MerkleProof reads it: pairs are sorted, a lone node moves up. */
export function sortedRoot(leaves: readonly [Bytes32, ...Bytes32[]]): Bytes32 {
  let level: readonly Bytes32[] = leaves
  while (level.length > 1) level = pairUp(level)
  return level[0] ?? leaves[0]
}

function pairUp(level: readonly Bytes32[]): readonly Bytes32[] {
  const above: Bytes32[] = []
  for (let index = 0; index < level.length; index += 2) {
    const pair = level.slice(index, index + 2).sort()
    const [low, high] = pair
    if (low === undefined) continue
    above.push(high === undefined ? low : keccak256Hex(low.slice(2) + high.slice(2)))
  }
  return above
}

/**
 * RFC 8785 for what JSON.parse gave: keys in the order of their UTF-16 code units, ECMAScript's
 * numbers and strings.
 */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`)
  return `{${members.join(',')}}`
}
