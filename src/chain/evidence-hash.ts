import { type Bytes32, zeroBytes32 } from '../domain/units.ts'
import { keccak256Hex, keccak256Utf8 } from './keccak.ts'
import { hashWord } from './typed-data.ts'

/** One member of `evidence` in a receipt's document. */
export type EvidenceItem = {
  /** Its name there. */
  readonly kind: string
  /** Of checkpoints `checkpointsHash`; of any other kind keccak256 of the member in canonical JSON (RFC 8785). */
  readonly hash: Bytes32
}

/**
 * What a receipt says of its evidence (`Receipt.evidenceHash`):
 *
 *   none               zero
 *   checkpoints alone  their hash as it is
 *   anything else      keccak256(keccak256("vouch-evidence/1") ‖ for each kind, in the order of its UTF-16 code units,
 *                      keccak256(UTF-8 of the kind) ‖ its hash)
 *
 * A kind that a verifier does not know is bound all the same: who has the document can compute its hash.
 */
export function evidenceHash(items: readonly EvidenceItem[]): Bytes32 {
  const [first] = items
  if (first === undefined) return zeroBytes32
  if (items.length === 1 && first.kind === 'checkpoints') return first.hash
  const sorted = [...items].sort((a, b) => (a.kind < b.kind ? -1 : 1))
  const words = sorted.map(({ kind, hash }) => hashWord(keccak256Utf8(kind)) + hashWord(hash))
  return keccak256Hex(hashWord(listTag) + words.join(''))
}

const listTag = keccak256Utf8('vouch-evidence/1')
