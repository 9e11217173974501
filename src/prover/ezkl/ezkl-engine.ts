/*
 * @ezkljs/engine, ezkl's WebAssembly build for Node. All of it is synchronous and takes seconds. It reads and writes JSON and
 * bincode as byte arrays.
 */
import { ok, type Result } from '../../base/result.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { findProvers, type ProverPlace, requireFrom } from '../prover-place.ts'

type Bytes = Uint8ClampedArray

export type EzklEngine = {
  readonly init_panic_hook: () => void
  readonly genWitness: (circuit: Bytes, input: Bytes) => Uint8Array
  readonly genVk: (circuit: Bytes, srs: Bytes, compressSelectors: boolean) => Uint8Array
  readonly genPk: (vk: Bytes, circuit: Bytes, srs: Bytes) => Uint8Array
  readonly prove: (witness: Bytes, pk: Bytes, circuit: Bytes, srs: Bytes) => Uint8Array
  readonly verify: (proof: Bytes, vk: Bytes, settings: Bytes, srs: Bytes) => boolean
}

export function loadEzkl(place: ProverPlace): Result<EzklEngine, ProverFailure> {
  const provers = findProvers(place, ['@ezkljs/engine'])
  if (!provers.ok) return provers
  return ok(requireFrom(place)('@ezkljs/engine/nodejs') as EzklEngine)
}

export const clamped = (bytes: Uint8Array): Bytes =>
  new Uint8ClampedArray(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)

/** Text as the engine takes it. */
export const clampedText = (text: string): Bytes => clamped(Buffer.from(text))
