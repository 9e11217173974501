import type { Unit } from '../domain/endpoint.ts'
import type { ExpectedUnits } from '../domain/request.ts'
import type { Usage, UsageSource } from '../domain/usage.ts'

/** An answer in one piece that is no text of a language model: it is counted in units, such as images. */
export type WholeUnits = {
  readonly bytes: Buffer
  /** Of `bytes`, where that is not JSON. */
  readonly contentType?: string
  /** Undefined where the engine says nothing of it. `completionTokens` are units here. */
  readonly usage: Usage | undefined
  readonly units: number
  /** How `units` are known. */
  readonly source: UsageSource
  /** What each choice delivered, in the order of their index, for `contentHash`. */
  readonly delivered: readonly Buffer[]
}

/** What of a request an answer is read by. */
export type AskedOf = {
  readonly choiceCount: number
  /** Of the answer. */
  readonly contentType: string
  readonly unit: Unit
  readonly expected: ExpectedUnits | undefined
}
