import type { Checkpoint } from '../domain/checkpoint.ts'
import type { Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

const checkpointTypeHash = typeHash(
  'Checkpoint(bytes32 jobId,address gateway,address contributor,uint32 index,' +
    'bytes32 streamHash,uint32 completionTokens,uint64 signedAt)',
)

/** What a receipt that has checkpoints for evidence names (`Receipt.evidenceHash`): their digests, in their order. */
export const checkpointsHash = (
  domain: DomainSeparator,
  checkpoints: readonly Checkpoint[],
): Bytes32 =>
  keccak256Hex(checkpoints.map((one) => checkpointDigest(domain, one).slice(2)).join(''))

/** What the contributor signs, in the domain of receipts (`receiptDomain`). */
export const checkpointDigest = (domain: DomainSeparator, checkpoint: Checkpoint): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      checkpointTypeHash +
        hashWord(checkpoint.jobId) +
        addressWord(checkpoint.gateway) +
        addressWord(checkpoint.contributor) +
        uintWord(checkpoint.index, 32) +
        hashWord(checkpoint.streamHash) +
        uintWord(checkpoint.completionTokens, 32) +
        uintWord(checkpoint.signedAt, 64),
    ),
  )
