/*
 * Arithmetic of BN254 in WebAssembly, as ffjavascript brings it (a part of snarkjs, loaded only in a prover's process): a product
 * in 100 ns, where BigInt takes ten times as long. Points and field elements lie in the module's memory, little-endian in
 * Montgomery's form; `address` below is an offset into it.
 */
import type { ProverPlace } from '../prover-place.ts'
import { requireFrom } from '../prover-place.ts'

export type Address = number

/** Of either group: `bytes` are those of a coordinate, an affine point has two. */
export type GroupWasm = {
  readonly bytes: number
  readonly generator: Address
  readonly sub: (a: Address, b: Address, out: Address) => void
  readonly mul: (a: Address, b: Address, out: Address) => void
  readonly square: (a: Address, out: Address) => void
  readonly neg: (a: Address, out: Address) => void
  readonly copy: (a: Address, out: Address) => void
  /** `step` is the distance of one element to the next. */
  readonly batchInverse: (
    a: Address,
    step: number,
    n: number,
    out: Address,
    outStep: number,
  ) => void
  readonly addPoints: (a: Address, b: Address, out: Address) => void
  readonly doublePoint: (a: Address, out: Address) => void
  readonly batchToAffine: (a: Address, n: number, out: Address) => void
  /** Affine points as big-endian coordinates out of Montgomery's form; of G2 the imaginary part of each comes first. */
  readonly batchToBytes: (a: Address, n: number, out: Address) => void
}

export type Bn254Wasm = {
  readonly g1: GroupWasm
  readonly g2: GroupWasm
  /** Memory that nobody gives back. Views from before are dead after it: memory may have grown. */
  readonly allocate: (bytes: number) => Address
  readonly bytesAt: (address: Address, length: number) => Uint8Array
}

type Exports = Readonly<Record<string, (...args: number[]) => void>>

type Ffjavascript = {
  readonly buildBn128: (singleThread: boolean) => Promise<{
    readonly tm: {
      readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => void }
      readonly instance: { readonly exports: Exports }
      readonly pG1gen: Address
      readonly pG2gen: Address
    }
  }>
}

const pageBytes = 65_536

export async function loadBn254(place: Pick<ProverPlace, 'proversFolder'>): Promise<Bn254Wasm> {
  const { buildBn128 } = requireFrom(place)('ffjavascript') as Ffjavascript
  const { tm } = await buildBn128(true)
  const { memory, instance } = tm
  let free = memory.buffer.byteLength
  return {
    g1: groupOf(instance.exports, { field: 'f1m', group: 'g1m', bytes: 32, generator: tm.pG1gen }),
    g2: groupOf(instance.exports, { field: 'f2m', group: 'g2m', bytes: 64, generator: tm.pG2gen }),
    allocate: (bytes) => {
      const address = free
      free += Math.ceil(bytes / 8) * 8
      const lacking = free - memory.buffer.byteLength
      if (lacking > 0) memory.grow(Math.ceil(lacking / pageBytes))
      return address
    },
    bytesAt: (address, length) => new Uint8Array(memory.buffer, address, length),
  }
}

type GroupNames = {
  readonly field: string
  readonly group: string
  readonly bytes: number
  readonly generator: Address
}

function groupOf(exports: Exports, { field, group, bytes, generator }: GroupNames): GroupWasm {
  const named = (name: string): ((...args: number[]) => void) => {
    const found = exports[name]
    if (found === undefined) throw new Error(`the arithmetic has no ${name}`)
    return found
  }
  return {
    bytes,
    generator,
    sub: named(`${field}_sub`),
    mul: named(`${field}_mul`),
    square: named(`${field}_square`),
    neg: named(`${field}_neg`),
    copy: named(`${field}_copy`),
    batchInverse: named(`${field}_batchInverse`),
    addPoints: named(`${group}_add`),
    doublePoint: named(`${group}_double`),
    batchToAffine: named(`${group}_batchToAffine`),
    batchToBytes: named(`${group}_batchLEMtoU`),
  }
}
