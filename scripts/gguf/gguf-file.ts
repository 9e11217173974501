/*
 * Writes GGUF, version 3. Source: ggml-org/ggml docs/gguf.md; the blocks of Q8_0 are those of ggml's reference
 * (32 numbers: a float16 scale, then each as a signed byte).
 */
import type { Matrix } from './onnx-initializers.ts'

export const tensorTypes = ['f32', 'f16', 'q8_0'] as const
export type TensorType = (typeof tensorTypes)[number]

export type GgufEntry =
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly flag: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly int32s: readonly number[] }

export type GgufTensor = Matrix & { readonly name: string; readonly type: TensorType }

/** Numbers of ggml: `enum ggml_type`. */
const typeNumbers = { f32: 0, f16: 1, q8_0: 8 } as const
const alignment = 32
const blockSize = 32

export function ggufFile(
  entries: Readonly<Record<string, GgufEntry>>,
  tensors: readonly GgufTensor[],
): Buffer {
  const listed = Object.entries(entries)
  const data = tensors.map(tensorData)
  let offset = 0
  const places = tensors.map(({ name, shape, type }, index) => {
    const place = Buffer.concat([
      text(name),
      uint32(shape.length),
      // The innermost comes first.
      ...[...shape].reverse().map(uint64),
      uint32(typeNumbers[type]),
      uint64(offset),
    ])
    offset += aligned(data[index]?.length ?? 0)
    return place
  })
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(3),
    uint64(tensors.length),
    uint64(listed.length),
    ...listed.map(([name, entry]) => Buffer.concat([text(name), entryBytes(entry)])),
    ...places,
  ])
  return Buffer.concat([padded(head), ...data.map(padded)])
}

function tensorData({ values, type }: GgufTensor): Buffer {
  if (type === 'f32') return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  if (type === 'f16') {
    const halves = Float16Array.from(values)
    return Buffer.from(halves.buffer, halves.byteOffset, halves.byteLength)
  }
  return q8Blocks(values)
}

/** In single precision throughout, as ggml computes it. */
function q8Blocks(values: Float32Array): Buffer {
  const blocks = Buffer.alloc((values.length / blockSize) * (2 + blockSize))
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength)
  for (let start = 0, at = 0; start < values.length; start += blockSize, at += 2 + blockSize) {
    const block = values.subarray(start, start + blockSize)
    const largest = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const scale = Math.fround(largest / 127)
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale)
    view.setFloat16(at, scale, true)
    for (const [index, value] of block.entries()) {
      const scaled = Math.fround(value * inverse)
      // Halves go away from zero, as in C.
      blocks.writeInt8(Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5), at + 2 + index)
    }
  }
  return blocks
}

function entryBytes(entry: GgufEntry): Buffer {
  if ('uint32' in entry) return Buffer.concat([uint32(4), uint32(entry.uint32)])
  if ('flag' in entry) return Buffer.concat([uint32(7), Buffer.from([entry.flag ? 1 : 0])])
  if ('text' in entry) return Buffer.concat([uint32(8), text(entry.text)])
  if ('float32' in entry) {
    const bytes = Buffer.alloc(4)
    bytes.writeFloatLE(entry.float32)
    return Buffer.concat([uint32(6), bytes])
  }
  const [type, members] =
    'texts' in entry ? [8, entry.texts.map(text)] : [5, entry.int32s.map(uint32)]
  return Buffer.concat([uint32(9), uint32(type), uint64(members.length), ...members])
}

const aligned = (length: number): number => Math.ceil(length / alignment) * alignment

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)])

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint64(bytes.length), bytes])
}
