import { assert } from '../base/assert.ts'
import type { InfernetContainer } from '../domain/infernet-container.ts'
import type { Tensor } from '../domain/tensor-terms.ts'
import type { Bytes32 } from '../domain/units.ts'

/**
 * What the record of a job must remember of the interval that it answers, and of how its answer is to be written: the configuration may be
 * another by the time that it is delivered.
 */
export type InfernetNote = Pick<InfernetContainer, 'output' | 'envelope' | 'decimals'> & {
  readonly subscriptionId: number
  readonly interval: number
  /** Of the subscription as it was found. */
  readonly fingerprint: Bytes32
  readonly isLazy: boolean
  /** Of the model, where its integers are to be converted; else empty. */
  readonly outputs: readonly Tensor[]
}

export const encodeInfernetNote = (note: InfernetNote): string => JSON.stringify(note)

/** The inverse, for text that this module wrote. */
export function decodeInfernetNote(text: string | undefined): InfernetNote {
  assert(text !== undefined, 'a job of Infernet has a note')
  // What is undefined is not in the text, and undefined again when it is read.
  return JSON.parse(text) as InfernetNote
}
