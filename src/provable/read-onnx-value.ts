import { onnxNameBytesMax, rankMax, tensorElementsMax } from './limits.ts'
import { quoted, refuse } from './model-fault.ts'
import type { OnnxValue } from './onnx-model.ts'
import {
  allOf,
  bytesOf,
  type Field,
  integerOf,
  onlyOf,
  readMessage,
  textOf,
} from './protobuf-reading.ts'
import { elementTypeOf } from './read-onnx-tensor.ts'

const nothing = new Uint8Array(0)

/** A ValueInfoProto of a tensor. An output may leave its type and shape to inference. */
export function readValue(bytes: Uint8Array, place: string): OnnxValue {
  const value = readMessage(bytes, { place, numbers: [1, 2] })
  const name = textOf(onlyOf(value, 1), { place: `${place}, name`, bytesMax: onnxNameBytesMax })
  const where = `${place} ${quoted(name)}`
  const typeField = onlyOf(value, 2)
  const typeBytes = typeField === undefined ? nothing : bytesOf(typeField, where)
  const type = readMessage(typeBytes, { place: where, numbers: [1, 4, 5, 8, 9] })
  if ([4, 5, 8, 9].some((number) => allOf(type, number).length > 0)) {
    refuse('unknown_element_type', where, 'is a sequence, a map or another thing than a tensor')
  }
  const tensorField = onlyOf(type, 1)
  const tensorBytes = tensorField === undefined ? nothing : bytesOf(tensorField, where)
  const tensor = readMessage(tensorBytes, { place: where, numbers: [1, 2] })
  const elementType = onlyOf(tensor, 1)
  const shape = onlyOf(tensor, 2)
  return {
    name,
    elementType:
      elementType === undefined ? 'float32' : elementTypeOf(integerOf(elementType, where), where),
    shape: shape === undefined ? undefined : readShape(bytesOf(shape, where), where),
  }
}

function readShape(bytes: Uint8Array, place: string): readonly (number | string)[] {
  const sizes = allOf(readMessage(bytes, { place, numbers: [1] }), 1)
  if (sizes.length > rankMax) refuse('limit_exceeded', place, `has over ${rankMax} dimensions`)
  return sizes.map((size) => readSize(size, place))
}

/** A name, or nothing, is a size that is not fixed. */
function readSize(field: Field, place: string): number | string {
  const dimension = readMessage(bytesOf(field, place), { place, numbers: [1, 2] })
  const fixed = onlyOf(dimension, 1)
  const name = onlyOf(dimension, 2)
  if (fixed === undefined || name !== undefined) {
    return textOf(name, { place, bytesMax: onnxNameBytesMax })
  }
  const size = integerOf(fixed, place)
  const isInside = size >= 0 && size <= tensorElementsMax
  return isInside ? size : refuse('limit_exceeded', place, `has a size of ${size}`)
}
