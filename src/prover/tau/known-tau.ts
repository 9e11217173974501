/* Whether a file that is mounted as a ceremony's is of the tau that everybody knows. */
import { coordinateModulus } from '../../proofs/field.ts'
import { devInsecure } from '../../proofs/proof.ts'
import { setupPointOf } from '../../proofs/setup-point.ts'

/** Coordinates of [τ]₂ of the development setup: x₀, x₁, y₀, y₁. */
function devCoordinates(): readonly bigint[] {
  const { x, y } = setupPointOf(devInsecure).toAffine()
  return [x.c0, x.c1, y.c0, y.c1]
}

const digits = (value: bigint): string => value.toString(16).padStart(64, '0')

/** bb's `bn254_g2.dat`. */
export const isDevG2File = (file: Uint8Array): boolean =>
  Buffer.from(file).toString('hex') === devCoordinates().map(digits).join('')

const pointOfG2Bytes = 128
const montgomery = 2n ** 256n

/** The end of ezkl's parameters is [τ]₂, little-endian in Montgomery's form. */
export function isDevSrsEnd(file: Uint8Array): boolean {
  const point = devCoordinates().map((value) =>
    Buffer.from(digits((value * montgomery) % coordinateModulus), 'hex').reverse(),
  )
  return Buffer.from(file.subarray(-pointOfG2Bytes)).equals(Buffer.concat(point))
}

/** How many bytes of the file's end `isDevSrsEnd` needs. */
export const srsEndBytes: number = pointOfG2Bytes
