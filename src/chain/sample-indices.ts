/*
 * Commit first, choose later: which receipts of an anchored batch are opened follows from the batch's root and from the
 * randomness of a block that did not exist when the root was anchored. Nobody who serves a request can know whether it will
 * be looked at, and nobody who opens receipts can choose which.
 */
import { assert } from '../base/assert.ts'
import type { Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import { hashWord, uintWord } from './typed-data.ts'

/** Parts of the rate: 20,000 are two percent. */
export const wholeRatePpm = 1_000_000

export type SampleDraw = {
  /** Root of the batch, as it was anchored. */
  readonly root: Bytes32
  /** `prevrandao` of the block `auditDelayBlocks` after the one that anchored it. */
  readonly randomness: Bytes32
}

/**
 * Positions in the batch, from 0, in rising order: each for which
 * `uint256(keccak256(root ‖ randomness ‖ uint256(index))) mod 1,000,000 < ratePpm`. Each is drawn by itself, so a batch may
 * have none, and a higher rate chooses all that a lower one does.
 */
export function sampleIndices(
  batch: SampleDraw & { readonly count: number; readonly ratePpm: number },
): readonly number[] {
  const { count, ratePpm, ...draw } = batch
  assert(Number.isSafeInteger(ratePpm) && ratePpm >= 0, 'a rate is a whole number of millionths')
  const indices: number[] = []
  for (let index = 0; index < count; index += 1) {
    if (isSampled(draw, index, ratePpm)) indices.push(index)
  }
  return indices
}

/** 2^256 is so far above a million that the remainder favours no position by more than 2^-236. */
const isSampled = ({ root, randomness }: SampleDraw, index: number, ratePpm: number): boolean => {
  const drawn = keccak256Hex(hashWord(root) + hashWord(randomness) + uintWord(index, 256))
  return BigInt(drawn) % BigInt(wholeRatePpm) < BigInt(ratePpm)
}
