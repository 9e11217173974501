import { assert } from '../../src/base/assert.ts'

/** What MessagePack holds, as far as Noir's compiler writes it. Maps have text as keys. */
export type Packed =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Packed[]
  | { readonly [key: string]: Packed }

/** https://github.com/msgpack/msgpack/blob/master/spec.md, without extensions and floats. */
export function readMessagePack(bytes: Uint8Array): Packed {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  const natural = (width: number): number => {
    const value = [0, view.getUint8, view.getUint16, 0, view.getUint32][width]
    assert(typeof value === 'function', 'lengths have 1, 2 or 4 bytes')
    at += width
    return value.call(view, at - width, false)
  }
  const raw = (length: number): Uint8Array => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const text = (length: number): string => new TextDecoder().decode(raw(length))
  const list = (length: number): Packed[] => Array.from({ length }, () => value())
  const map = (length: number): Packed =>
    Object.fromEntries(Array.from({ length }, () => [String(value()), value()]))

  const tagged: Readonly<Record<number, () => Packed>> = {
    192: () => null,
    194: () => false,
    195: () => true,
    196: () => raw(natural(1)),
    197: () => raw(natural(2)),
    198: () => raw(natural(4)),
    204: () => natural(1),
    205: () => natural(2),
    206: () => natural(4),
    207: () => BigInt(natural(4)) * 2n ** 32n + BigInt(natural(4)),
    217: () => text(natural(1)),
    218: () => text(natural(2)),
    219: () => text(natural(4)),
    220: () => list(natural(2)),
    221: () => list(natural(4)),
    222: () => map(natural(2)),
    223: () => map(natural(4)),
  }

  function value(): Packed {
    const tag = natural(1)
    if (tag < 128) return tag
    if (tag < 144) return map(tag - 128)
    if (tag < 160) return list(tag - 144)
    if (tag < 192) return text(tag - 160)
    if (tag >= 224) return tag - 256
    const read = tagged[tag]
    assert(read !== undefined, `no such MessagePack tag: ${tag}`)
    return read()
  }
  return value()
}
