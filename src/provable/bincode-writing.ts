/*
 * Rust's bincode, as ezkl 21.0.0 stores circuits: little-endian, lengths of 64 bits before lists and texts, variants of enums as
 * 32 bits. A value is a function that appends itself.
 */

export type Bincode = (bytes: number[]) => void

const littleEndian =
  (value: bigint, width: number): Bincode =>
  (bytes) => {
    const word = BigInt.asUintN(8 * width, value)
    for (let at = 0; at < width; at += 1) bytes.push(Number((word >> BigInt(8 * at)) & 255n))
  }

export const byte = (value: number): Bincode => littleEndian(BigInt(value), 1)
export const boolean = (value: boolean): Bincode => byte(value ? 1 : 0)
export const int32 = (value: number): Bincode => littleEndian(BigInt(value), 4)
export const variant = (place: number): Bincode => int32(place)
export const natural64 = (value: number): Bincode => littleEndian(BigInt(value), 8)
export const int128 = (value: number): Bincode => littleEndian(BigInt(value), 16)

/** An integer as an element of BN254's scalar field. */
export const field = (value: number): Bincode =>
  littleEndian(value < 0 ? BigInt(value) + fieldOrder : BigInt(value), 32)

const fieldOrder = 21888242871839275222246405745257275088548364400416034343698204186575808495617n

export const float32 =
  (value: number): Bincode =>
  (bytes) => {
    bytes.push(...new Uint8Array(new Float32Array([value]).buffer))
  }

export const text =
  (value: string): Bincode =>
  (bytes) => {
    const encoded = new TextEncoder().encode(value)
    natural64(encoded.length)(bytes)
    bytes.push(...encoded)
  }

export const sequence =
  (...values: readonly Bincode[]): Bincode =>
  (bytes) => {
    for (const value of values) value(bytes)
  }

export const list =
  <T>(items: readonly T[], item: (value: T) => Bincode): Bincode =>
  (bytes) => {
    natural64(items.length)(bytes)
    for (const value of items) item(value)(bytes)
  }

export const absent: Bincode = byte(0)
export const present = (value: Bincode): Bincode => sequence(byte(1), value)

export function bincoded(value: Bincode): Uint8Array {
  const bytes: number[] = []
  value(bytes)
  return Uint8Array.from(bytes)
}
