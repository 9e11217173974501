/*
 * Multiples of a group's generator, many at once: what a setup with a known tau consists of. Two things make it fast, beside
 * WebAssembly: tables of the generator's multiples (windows with signed digits, so that a product is one addition a window and
 * no doubling), and additions in affine coordinates, a thousand at a time, which share one inversion: six products each,
 * where a mixed addition has eleven.
 */
import { assert } from '../../base/assert.ts'
import type { Address, Bn254Wasm, GroupWasm } from './bn254-wasm.ts'

/** Affine points of `scalars`, one after the other, as the arithmetic has them: little-endian in Montgomery's form. */
export type FixedBase = (scalars: readonly bigint[]) => Uint8Array

const scalarBits = 254
/** As many share an inversion; more would leave the processor's cache. */
const chunkPoints = 1024

type Table = {
  readonly at: Address
  readonly windowBits: number
  readonly windows: number
}

/** `expected` is about how many points will be asked for: the more, the larger the table that pays. */
export function fixedBase(wasm: Bn254Wasm, group: GroupWasm, expected: number): FixedBase {
  const table = buildTable(wasm, group, windowBitsFor(expected))
  const chunk = openChunk(wasm, group, table)
  const pointBytes = 2 * group.bytes
  return (scalars) => {
    const points = new Uint8Array(scalars.length * pointBytes)
    for (let start = 0; start < scalars.length; start += chunkPoints) {
      points.set(chunk(scalars.slice(start, start + chunkPoints)), start * pointBytes)
    }
    return points
  }
}

/** Of the sizes that are sensible, the one with the fewest additions for the table and the points together. */
function windowBitsFor(expected: number): number {
  const additions = (bits: number) => Math.ceil((scalarBits + 1) / bits) * (expected + 2 ** bits)
  return [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14].reduce((best, bits) =>
    additions(bits) < additions(best) ? bits : best,
  )
}

/** For each window w the multiples 1 … 2^(bits−1) of 2^(bits·w) times the generator, affine. */
function buildTable(wasm: Bn254Wasm, group: GroupWasm, windowBits: number): Table {
  const windows = Math.ceil((scalarBits + 1) / windowBits)
  const half = 2 ** (windowBits - 1)
  const affineBytes = 2 * group.bytes
  const jacobianBytes = 3 * group.bytes
  const at = wasm.allocate(windows * half * affineBytes)
  const row = wasm.allocate(half * jacobianBytes)
  const base = wasm.allocate(jacobianBytes)
  wasm.bytesAt(base, jacobianBytes).set(wasm.bytesAt(group.generator, jacobianBytes))
  for (let window = 0; window < windows; window += 1) {
    wasm.bytesAt(row, jacobianBytes).set(wasm.bytesAt(base, jacobianBytes))
    for (let multiple = 1; multiple < half; multiple += 1) {
      const last = row + (multiple - 1) * jacobianBytes
      group.addPoints(last, base, last + jacobianBytes)
    }
    group.batchToAffine(row, half, at + window * half * affineBytes)
    group.doublePoint(row + (half - 1) * jacobianBytes, base)
  }
  return { at, windowBits, windows }
}

/**
 * Up to `chunkPoints` products at once, window by window from the lowest. A sum of lower windows is never plus or minus what the
 * next one adds (it is smaller as a number, and both are below the group's order), so that no difference of abscissas is zero.
 */
function openChunk(wasm: Bn254Wasm, group: GroupWasm, table: Table): FixedBase {
  const { bytes, copy, neg, sub, mul, square, batchInverse } = group
  const half = 2 ** (table.windowBits - 1)
  const sums = wasm.allocate(chunkPoints * 2 * bytes)
  const differences = wasm.allocate(chunkPoints * bytes)
  const inverses = wasm.allocate(chunkPoints * bytes)
  const [slope, x, y] = [wasm.allocate(bytes), wasm.allocate(bytes), wasm.allocate(bytes)]
  const started = new Uint8Array(chunkPoints)
  const adding = new Uint32Array(chunkPoints)
  const addends = new Float64Array(chunkPoints)

  const collect = (digits: Int32Array, window: number, count: number): number => {
    let pending = 0
    for (let index = 0; index < count; index += 1) {
      const digit = digits[index * table.windows + window] ?? 0
      if (digit === 0) continue
      const addend = table.at + (window * half + Math.abs(digit) - 1) * 2 * bytes
      const sum = sums + index * 2 * bytes
      const withSign = digit < 0 ? neg : copy
      if (started[index] === 0) {
        started[index] = 1
        copy(addend, sum)
        withSign(addend + bytes, sum + bytes)
        continue
      }
      sub(addend, sum, differences + pending * bytes)
      adding[pending] = index
      addends[pending] = digit < 0 ? -addend : addend
      pending += 1
    }
    return pending
  }
  const add = (pending: number): void => {
    batchInverse(differences, bytes, pending, inverses, bytes)
    for (let at = 0; at < pending; at += 1) {
      const sum = sums + (adding[at] ?? 0) * 2 * bytes
      const signed = addends[at] ?? 0
      const addend = Math.abs(signed)
      const withSign = signed < 0 ? neg : copy
      withSign(addend + bytes, y)
      sub(y, sum + bytes, slope)
      mul(slope, inverses + at * bytes, slope)
      square(slope, x)
      sub(x, sum, x)
      sub(x, addend, x)
      sub(sum, x, y)
      mul(y, slope, y)
      sub(y, sum + bytes, sum + bytes)
      copy(x, sum)
    }
  }
  return (scalars) => {
    assert(scalars.length <= chunkPoints, 'a chunk is of bounded length')
    started.fill(0)
    wasm.bytesAt(sums, chunkPoints * 2 * bytes).fill(0)
    const digits = signedDigits(scalars, table)
    for (let window = 0; window < table.windows; window += 1) {
      const pending = collect(digits, window, scalars.length)
      if (pending > 0) add(pending)
    }
    return wasm.bytesAt(sums, scalars.length * 2 * bytes).slice()
  }
}

/** `windows` digits of each scalar, lowest first, −2^(bits−1) < digit ≤ 2^(bits−1). */
function signedDigits(scalars: readonly bigint[], { windowBits, windows }: Table): Int32Array {
  const digits = new Int32Array(scalars.length * windows)
  const half = 2 ** (windowBits - 1)
  const words = new BigUint64Array(5)
  const bytes = new DataView(words.buffer)
  for (const [index, scalar] of scalars.entries()) {
    for (let word = 0; word < 4; word += 1) words[word] = scalar >> BigInt(64 * word)
    let carry = 0
    for (let window = 0; window < windows; window += 1) {
      const bit = window * windowBits
      const raw = (bytes.getUint32(bit >> 3, true) >>> (bit & 7)) & (2 ** windowBits - 1)
      const digit = raw + carry
      carry = digit > half ? 1 : 0
      digits[index * windows + window] = carry === 1 ? digit - 2 ** windowBits : digit
    }
  }
  return digits
}
