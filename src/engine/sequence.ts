import {
  allocate,
  capacityFor,
  copyPositions,
  type KeyValueShape,
  type KeyValues,
} from './key-values.ts'

/** Keys and values of one text's beginning. Whoever holds it last may lengthen it. */
export type Sequence = { readonly tokens: number; readonly keyValues: KeyValues }

export function emptySequence(shape: KeyValueShape): Sequence {
  const capacity = capacityFor(0, shape.contextTokensMax)
  return { tokens: 0, keyValues: allocate(shape, { rows: 1, capacity }) }
}

/** The same tokens with the room that a past of `tokens` positions has: the same object where it has it. */
export function withRoomFor(sequence: Sequence, tokens: number, shape: KeyValueShape): Sequence {
  const capacity = capacityFor(tokens, shape.contextTokensMax)
  if (capacity <= sequence.keyValues.capacity) return sequence
  const keyValues = allocate(shape, { rows: 1, capacity })
  const from = { of: sequence.keyValues, row: 0, first: 0 }
  copyPositions(from, { of: keyValues, row: 0, first: 0 }, sequence.tokens)
  return { tokens: sequence.tokens, keyValues }
}
