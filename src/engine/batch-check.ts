import type { DecoderSession, PassOutput } from './decoder-session.ts'
import { allocate, capacityFor, copyPositions } from './key-values.ts'
import type { ModelConfig } from './model-config.ts'
import { readBlock } from './read-prompt.ts'
import { emptySequence, type Sequence } from './sequence.ts'

/** Positions that are filled, of rows that share a pass. */
const trials: readonly (readonly number[])[] = [
  // On both sides of a change of room, so that rows sit in more room than they need.
  [1, 17, 59, 60, 61, 100],
  // More rows than a kernel takes at once, and one that is left over.
  Array.from({ length: 17 }, (_, row) => [3, 20, 40, 52][row % 4] ?? 1),
]

/**
 * Whether each row of a batch has, bit for bit, the logits and the keys that it has alone: the
 * ground of "repeatable whatever else runs". It holds where the runtime's kernels add up each row
 * in one order however many there are, which no specification promises; so it is tried on the
 * machine at hand, with the model at hand.
 */
export async function isBatchExact(decoder: DecoderSession, config: ModelConfig): Promise<boolean> {
  for (const lengths of trials) {
    const fitting = lengths.filter((length) => length < config.contextTokensMax)
    if (!(await isExactFor(fitting, decoder, config))) return false
  }
  return true
}

async function isExactFor(
  lengths: readonly number[],
  decoder: DecoderSession,
  config: ModelConfig,
): Promise<boolean> {
  const alone = new Map<number, Alone>()
  for (const length of new Set(lengths)) alone.set(length, await passAlone(length, decoder, config))
  const capacity = capacityFor(Math.max(...lengths), config.contextTokensMax)
  const past = allocate(config, { rows: lengths.length, capacity })
  for (const [row, length] of lengths.entries()) {
    const from = { of: alone.get(length)?.sequence.keyValues ?? past, row: 0, first: 0 }
    copyPositions(from, { of: past, row, first: 0 }, length)
  }
  const tokenIds = lengths.map((length) => [tokenAt(config, length)])
  const together = await decoder.forward({ past, pastTokens: lengths, tokenIds })
  return lengths.every((length, row) => {
    const single = alone.get(length)?.output
    return single !== undefined && isSameRow(single, together, row)
  })
}

type Alone = { readonly sequence: Sequence; readonly output: PassOutput }

/** Reads so many tokens, and passes over the next one. */
async function passAlone(
  length: number,
  decoder: DecoderSession,
  config: ModelConfig,
): Promise<Alone> {
  const tokens = Array.from({ length }, (_, at) => tokenAt(config, length * at))
  const blank = emptySequence(config)
  const { sequence } = await readBlock({ decoder, shape: config }, blank, tokens)
  const input = { past: sequence.keyValues, pastTokens: [length] }
  const output = await decoder.forward({ ...input, tokenIds: [[tokenAt(config, length)]] })
  return { sequence, output }
}

/** Tokens from all over the vocabulary. */
const tokenAt = ({ vocabularySize }: ModelConfig, place: number): number =>
  (place * 7919) % vocabularySize

function isSameRow(alone: PassOutput, together: PassOutput, row: number): boolean {
  const added = together.added.arrays.every((array, index) => {
    const own = alone.added.arrays[index] ?? new Float32Array()
    return areSame(own, array.subarray(row * own.length, (row + 1) * own.length))
  })
  return added && areSame(alone.logits[0], together.logits[row])
}

function areSame(one: Float32Array | undefined, other: Float32Array | undefined): boolean {
  if (one === undefined || other === undefined || one.length !== other.length) return false
  return one.every((value, at) => Object.is(value, other[at]))
}
