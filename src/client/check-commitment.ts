/*
 * `Work.commitment` computed again from what opens it, by its definition in docs/tiers.md and with nothing shared with the
 * code that made it.
 */
import { utf8Text } from '../base/bytes.ts'
import { keccak256Hex, keccak256Utf8 } from '../chain/keccak.ts'
import type { Receipt } from '../domain/receipt.ts'
import type { Bytes32 } from '../domain/units.ts'
import { sortedRoot } from './answer-hash.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'

/** `opening` is what `GET /v1/vouch/openings/{jobId}` of the contributor answered. */
export function checkCommitment({ work }: Receipt, opening: Uint8Array | undefined): CheckLine {
  const check = 'token-commitment'
  if (opening === undefined) return unknown(check, 'what opens it was not given: add --opening')
  const leaves = leavesOf(utf8Text(opening))
  if (leaves === undefined) return fails(check, 'what was given opens no commitment')
  const [first, ...rest] = leaves
  if (first === undefined) return fails(check, 'what was given opens to no token')
  if (leaves.length !== work.completionTokens) {
    return fails(check, `it opens to ${leaves.length} tokens of ${work.completionTokens}`)
  }
  const count = leaves.length.toString(16).padStart(64, '0')
  const root = sortedRoot([first, ...rest])
  const tag = keccak256Utf8('vouch-tokens/1')
  return keccak256Hex(tag.slice(2) + count + root.slice(2)) === work.commitment
    ? holds(check, `it opens to ${leaves.length} tokens, as they were when the Work was signed`)
    : fails(check, 'what was given is not what the contributor committed to')
}

/** Undefined for any other text. */
function leavesOf(text: string): readonly Bytes32[] | undefined {
  try {
    const { object, choices } = JSON.parse(text) as { object: unknown; choices: number[][] }
    if (object !== 'vouch.tokens') return undefined
    return choices.flatMap((numbers, choice) => recordsOf(numbers, choice).map(keccak256Hex))
  } catch {
    return undefined
  }
}

const word = (number: number): string => {
  if (!Number.isInteger(number)) throw new TypeError('a record is of whole numbers')
  return (number >>> 0).toString(16).padStart(8, '0')
}

function recordsOf(numbers: readonly number[], choice: number): readonly string[] {
  const records: string[] = []
  let at = 0
  while (at < numbers.length) {
    const [tokenId = Number.NaN, logprob = Number.NaN, alternatives = Number.NaN] = numbers.slice(
      at,
      at + 3,
    )
    const top = numbers.slice(at + 3, at + 3 + 2 * alternatives)
    if (top.length !== 2 * alternatives || alternatives > 255)
      throw new TypeError('a record is cut')
    const head = [choice, records.length, tokenId, logprob].map(word).join('')
    records.push(head + alternatives.toString(16).padStart(2, '0') + top.map(word).join(''))
    at += 3 + top.length
  }
  return records
}
