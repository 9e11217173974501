import type { DecoderSession } from './decoder-session.ts'
import { allocate, capacityFor, copyPositions } from './key-values.ts'
import type { ModelConfig } from './model-config.ts'
import { readBlock } from './read-prompt.ts'
import { emptySequence, type Sequence } from './sequence.ts'

/** Lengths on both sides of a change of room, so that rows sit in more room than they need. */
const lengths = [1, 17, 59, 60, 61, 100]

/**
 * Whether each row of a batch has, bit for bit, the logits and the keys that it has alone: the
 * ground of "repeatable whatever else runs". It holds where the runtime's kernels add up each row
 * in one order however many there are, which no specification promises; so it is tried on the
 * machine at hand, with the model at hand.
 */
export async function isBatchExact(decoder: DecoderSession, config: ModelConfig): Promise<boolean> {
  const { contextTokensMax } = config
  const fitting = lengths.filter((length) => length < contextTokensMax)
  const sequences: Sequence[] = []
  for (const length of fitting) sequences.push(await read(decoder, config, length))
  const capacity = capacityFor(Math.max(...fitting), contextTokensMax)
  const together = allocate(config, { rows: fitting.length, capacity })
  for (const [row, { keyValues, tokens }] of sequences.entries()) {
    const to = { of: together, row, first: 0 }
    copyPositions({ of: keyValues, row: 0, first: 0 }, to, tokens)
  }
  const tokenIds = fitting.map((length) => [tokenAt(config, length)])
  const batched = await decoder.forward({ past: together, pastTokens: fitting, tokenIds })
  for (const [row, { keyValues, tokens }] of sequences.entries()) {
    const alone = await decoder.forward({
      past: keyValues,
      pastTokens: [tokens],
      tokenIds: [tokenIds[row] ?? []],
    })
    if (!areSame(alone.logits[0], batched.logits[row])) return false
    const size = config.heads * config.headDimension
    const ofRow = batched.added.arrays.map((array) => array.subarray(row * size, (row + 1) * size))
    if (!alone.added.arrays.every((array, index) => areSame(array, ofRow[index]))) return false
  }
  return true
}

async function read(
  decoder: DecoderSession,
  config: ModelConfig,
  length: number,
): Promise<Sequence> {
  const tokens = Array.from({ length }, (_, at) => tokenAt(config, length * at))
  const blank = emptySequence(config)
  return (await readBlock({ decoder, shape: config }, blank, tokens)).sequence
}

/** Tokens from all over the vocabulary. */
const tokenAt = ({ vocabularySize }: ModelConfig, place: number): number =>
  (place * 7919) % vocabularySize

function areSame(one: Float32Array | undefined, other: Float32Array | undefined): boolean {
  if (one === undefined || other === undefined || one.length !== other.length) return false
  return one.every((value, at) => Object.is(value, other[at]))
}
