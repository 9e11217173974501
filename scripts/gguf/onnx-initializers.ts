/*
 * The float16 initializers of an ONNX model that we made ourselves. Source: onnx.proto, ModelProto (graph 7), GraphProto
 * (initializer 5) and TensorProto (dims 1, data_type 2, name 8, raw_data 9). What others made is read by
 * src/contributor/weights, which trusts nothing.
 */

/** Row-major; the last size is the innermost. */
export type Matrix = { readonly shape: readonly number[]; readonly values: Float32Array }

const float16Type = 10

export const float16Initializers = (onnx: Buffer): ReadonlyMap<string, Matrix> =>
  new Map([...float16Tensors(onnx)].map(({ name, matrix }) => [name, matrix]))

/**
 * The same model with other float16 weights: `change` gets each matrix by its name and returns numbers of the same count,
 * which are rounded to float16. Nothing else of the file moves.
 */
export function withFloat16Initializers(
  onnx: Buffer,
  change: (name: string, matrix: Matrix) => Float32Array,
): Buffer {
  const changed = Buffer.from(onnx)
  for (const { name, matrix, raw } of float16Tensors(changed)) {
    const halves = Float16Array.from(change(name, matrix))
    if (halves.byteLength !== raw.length) throw new Error(`${name} cannot change its size`)
    raw.set(Buffer.from(halves.buffer))
  }
  return changed
}

type Float16Tensor = {
  readonly name: string
  readonly matrix: Matrix
  /** Its place in the file. */
  readonly raw: Buffer
}

function* float16Tensors(onnx: Buffer): Generator<Float16Tensor> {
  for (const graph of fieldsOf(onnx).filter(({ field }) => field === 7)) {
    for (const tensor of fieldsOf(graph.bytes).filter(({ field }) => field === 5)) {
      const fields = fieldsOf(tensor.bytes)
      const bytesOf = (wanted: number): Buffer =>
        fields.find(({ field }) => field === wanted)?.bytes ?? Buffer.alloc(0)
      if (fields.find(({ field }) => field === 2)?.number !== float16Type) continue
      const raw = bytesOf(9)
      const aligned = Buffer.from(raw)
      const values = Float32Array.from(
        new Float16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2),
      )
      yield { name: bytesOf(8).toString(), matrix: { shape: sizesOf(fields), values }, raw }
    }
  }
}

type Field = { readonly field: number; readonly number: number; readonly bytes: Buffer }

/** `dims`, which writers pack into one field or repeat. */
function sizesOf(fields: readonly Field[]): readonly number[] {
  return fields
    .filter(({ field }) => field === 1)
    .flatMap(({ number, bytes }) => (bytes.length === 0 ? [number] : packed(bytes)))
}

function packed(bytes: Buffer): readonly number[] {
  const sizes: number[] = []
  for (let at = 0; at < bytes.length; ) {
    const { value, next } = varint(bytes, at)
    sizes.push(value)
    at = next
  }
  return sizes
}

function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = []
  for (let at = 0; at < message.length; ) {
    const tag = varint(message, at)
    const field = tag.value >> 3
    const wireType = tag.value & 7
    if (wireType === 0) {
      const { value, next } = varint(message, tag.next)
      fields.push({ field, number: value, bytes: Buffer.alloc(0) })
      at = next
    } else if (wireType === 2) {
      const { value, next } = varint(message, tag.next)
      fields.push({ field, number: 0, bytes: message.subarray(next, next + value) })
      at = next + value
    } else {
      at = tag.next + (wireType === 5 ? 4 : 8)
    }
  }
  return fields
}

function varint(bytes: Buffer, from: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let at = from, scale = 1; ; at += 1, scale *= 128) {
    const byte = bytes.readUInt8(at)
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, next: at + 1 }
  }
}
