/*
 * Under which id a registry books a fault (`forfeits`): the same for every pair of statements that tell one lie, so that it
 * costs once. Held to the contracts by test/e2e/slash-command.test.ts: nothing is booked under another id.
 */
import type { Address, Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import { addressWord, hashWord, uintWord } from './typed-data.ts'

/** S1: whatever a contributor told twice about one job of one gateway. */
export const contradictionFaultId = (job: {
  readonly contributor: Address
  readonly gateway: Address
  readonly jobId: Bytes32
}): Bytes32 =>
  faultId('S1', addressWord(job.contributor), addressWord(job.gateway), hashWord(job.jobId))

/** S2: one number of the gateway's own count. */
export const gatewaySeqFaultId = (gateway: Address, gatewaySeq: number): Bytes32 =>
  faultId('S2', addressWord(gateway), uintWord(gatewaySeq, 64))

/** S2: one number on one channel, where the gateway's own count differs. */
export const channelSeqFaultId = (place: {
  readonly gateway: Address
  readonly channelId: Bytes32
  readonly channelSeq: number
}): Bytes32 =>
  faultId(
    'S2',
    addressWord(place.gateway),
    hashWord(place.channelId),
    uintWord(place.channelSeq, 64),
  )

/** S3, S4 and S7 are faults of one receipt. */
export const receiptFaultId = (kind: 'S3' | 'S4' | 'S7', digest: Bytes32): Bytes32 =>
  faultId(kind, hashWord(digest))

/** S5: each tier that a receipt claims falsely. */
export const tierFaultId = (digest: Bytes32, tier: number): Bytes32 =>
  faultId('S5', hashWord(digest), uintWord(tier, 16))

/** S6: a job of one coordinator. */
export const jobFaultId = (coordinator: Address, jobId: Bytes32): Bytes32 =>
  faultId('S6', addressWord(coordinator), hashWord(jobId))

/** `keccak256(abi.encode("S1", …))`: the kind is a string, whose text follows the words. */
function faultId(kind: string, ...words: readonly string[]): Bytes32 {
  const textAt = uintWord((1 + words.length) * 32, 256)
  const text = Buffer.from(kind).toString('hex').padEnd(64, '0')
  return keccak256Hex(textAt + words.join('') + uintWord(kind.length, 256) + text)
}
