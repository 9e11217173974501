/*
 * The common reference string as bb reads it: `bn254_g1.dat` has [τⁱ]₁ from i = 0 on, 64 bytes big-endian each, as many as a
 * circuit has gates (rounded up to a power of two), and `bn254_g2.dat` has [τ]₂.
 */
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { ProverPlace } from '../prover-place.ts'
import { loadBn254 } from './bn254-wasm.ts'
import { devTau, tauPowers } from './dev-tau.ts'
import { fixedBase } from './fixed-base.ts'

const pointBytes = 64
const slicePoints = 16_384

const crsG1File = 'bn254_g1.dat'
export const crsG2File = 'bn254_g2.dat'

/** As Aztec publishes them: 32 bytes each, the abscissa with the ordinate's lowest bit on top. */
const compressedG1File = 'bn254_g1_compressed.dat'
const compressedPointBytes = 32

/** How many points are there, in the form that has more. */
export function crsPoints(folder: string): number {
  const points = (name: string, bytes: number) =>
    Math.floor((statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0) / bytes)
  return Math.max(points(crsG1File, pointBytes), points(compressedG1File, compressedPointBytes))
}

/** A folder with at least `points` of the development setup, made or made longer where it is not there yet. */
export async function ensureDevCrs(
  place: ProverPlace,
  points: number,
  onFraction: (fraction: number) => void = () => undefined,
): Promise<string> {
  const folder = join(devSetupFolder(place), 'crs')
  const present = crsPoints(folder)
  if (present >= points) return folder
  mkdirSync(folder, { recursive: true })
  const wasm = await loadBn254(place)
  const multiply = fixedBase(wasm, wasm.g1, points - present)
  const scratch = wasm.allocate(slicePoints * pointBytes)
  // Another job may do the same now: each makes its own file, and the last one stays.
  const unfinished = join(folder, `${crsG1File}.${process.pid}`)
  if (present > 0) copyFileSync(join(folder, crsG1File), unfinished)
  else writeFileSync(unfinished, '')
  for (let first = present; first < points; first += slicePoints) {
    const count = Math.min(slicePoints, points - first)
    wasm.bytesAt(scratch, count * pointBytes).set(multiply(tauPowers({ first, count })))
    wasm.g1.batchToBytes(scratch, count, scratch)
    appendFileSync(unfinished, wasm.bytesAt(scratch, count * pointBytes))
    onFraction((first + count - present) / (points - present))
  }
  writeFileSync(join(folder, crsG2File), littleFirst(devG2(wasm)))
  renameSync(unfinished, join(folder, crsG1File))
  return folder
}

type Wasm = Awaited<ReturnType<typeof loadBn254>>

/** [τ]₂ of the development setup as EIP-197 writes it: 32 bytes each of x₁, x₀, y₁, y₀. */
function devG2(wasm: Wasm): Buffer {
  const point = fixedBase(wasm, wasm.g2, 1)([devTau])
  const at = wasm.allocate(point.length)
  wasm.bytesAt(at, point.length).set(point)
  wasm.g2.batchToBytes(at, 1, at)
  return Buffer.from(wasm.bytesAt(at, point.length))
}

/** bb has the real part of a coordinate first. */
export function littleFirst(point: Buffer): Buffer {
  const word = (at: number) => point.subarray(32 * at, 32 * (at + 1))
  return Buffer.concat([word(1), word(0), word(3), word(2)])
}

/** What is made from the known tau lies apart from everything else, under the name that says so. */
export const devSetupFolder = ({ zkHome }: ProverPlace): string => join(zkHome, 'dev-insecure')
