/*
 * Files of weights in each format, made byte by byte as their specifications say, and as small as they can be.
 */
import { Buffer } from 'node:buffer'

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
export const uint64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint64(bytes.length), bytes])
}

export type GgufValue =
  | { readonly uint32: number }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  /** A type and the bytes of a value, whatever they are. */
  | { readonly type: number; readonly bytes: Buffer }

export type GgufTensor = { readonly name: string; readonly shape: readonly number[] }

function valueBytes(value: GgufValue): Buffer {
  if ('uint32' in value) return Buffer.concat([uint32(4), uint32(value.uint32)])
  if ('text' in value) return Buffer.concat([uint32(8), text(value.text)])
  if ('texts' in value) {
    const head = [uint32(9), uint32(8), uint64(value.texts.length)]
    return Buffer.concat([...head, ...value.texts.map(text)])
  }
  return Buffer.concat([uint32(value.type), value.bytes])
}

/** One entry as it stands in a file. */
export const ggufEntry = (name: string, value: GgufValue): Buffer =>
  Buffer.concat([text(name), valueBytes(value)])

export function ggufFile(
  entries: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[] = [],
  change: { readonly version?: number; readonly entryCount?: bigint } = {},
): Buffer {
  const listed = Object.entries(entries)
  return Buffer.concat([
    Buffer.from('GGUF'),
    uint32(change.version ?? 3),
    uint64(tensors.length),
    uint64(change.entryCount ?? listed.length),
    ...listed.map(([name, value]) => ggufEntry(name, value)),
    ...tensors.map(({ name, shape }) =>
      Buffer.concat([text(name), uint32(shape.length), ...shape.map(uint64), uint32(0), uint64(0)]),
    ),
  ])
}

/** A list of lists: as many around each other as `depth` says. */
export function nestedLists(depth: number): GgufValue {
  const inner = Buffer.concat(
    Array.from({ length: depth - 1 }, () => Buffer.concat([uint32(9), uint64(1)])),
  )
  return { type: 9, bytes: Buffer.concat([inner, uint32(4), uint64(1), uint32(7)]) }
}

/** A list that says it has so many members, and has none. */
export const hugeList = (memberType: number, count: bigint): GgufValue => ({
  type: 9,
  bytes: Buffer.concat([uint32(memberType), uint64(count)]),
})

export type SafetensorsTensor = { readonly dtype: string; readonly shape: readonly unknown[] }

export function safetensorsFile(
  tensors: Readonly<Record<string, SafetensorsTensor | object>>,
  data: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.from(JSON.stringify(tensors))
  return Buffer.concat([uint64(header.length), header, data])
}

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let left = value
  do {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0))
    left = Math.floor(left / 128)
  } while (left > 0)
  return Buffer.from(bytes)
}

/** A field of protobuf that has a length: bytes, a text or a message. */
export const protoField = (field: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content)
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])
}
const protoNumber = (field: number, value: number): Buffer =>
  Buffer.concat([varint(field * 8), varint(value)])

/** A tensor whose numbers are in the file of this name. */
export const externalTensor = (location: string): Buffer =>
  Buffer.concat([
    protoNumber(1, 4),
    protoNumber(2, 1),
    protoField(8, 'weight'),
    protoField(13, Buffer.concat([protoField(1, 'offset'), protoField(2, '0')])),
    protoField(13, Buffer.concat([protoField(1, 'location'), protoField(2, location)])),
    protoNumber(14, 1),
  ])

/** A tensor with its numbers. */
export const innerTensor = (bytes: Buffer): Buffer =>
  Buffer.concat([protoNumber(1, bytes.length), protoNumber(2, 3), protoField(9, bytes)])

/** `depth` graphs within a node of each other; the innermost has the tensors. */
export function onnxFile(tensors: readonly Buffer[], depth = 1): Buffer {
  let graph: Buffer = Buffer.concat(tensors.map((tensor) => protoField(5, tensor)))
  for (let level = 1; level < depth; level += 1) {
    graph = protoField(
      1,
      protoField(5, Buffer.concat([protoField(1, 'body'), protoField(6, graph)])),
    )
  }
  return Buffer.concat([protoNumber(1, 11), protoField(2, 'maker'), protoField(7, graph)])
}
