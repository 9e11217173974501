import { onnxNameBytesMax, onnxNumbersMax, rankMax, tensorNumbersMax } from './limits.ts'
import { quoted, refuse } from './model-fault.ts'
import { type OnnxElementType, type OnnxTensor, onnxElementTypes } from './onnx-model.ts'
import {
  allOf,
  bytesOf,
  cutInt64,
  type Field,
  integerOf,
  type Message,
  onlyOf,
  packedVarints,
  readMessage,
  textOf,
} from './protobuf-reading.ts'

/** What may still be read of numbers in a file, over all tensors and attributes. */
export type OnnxBudget = { numbersLeft: number }

export const onnxBudget = (): OnnxBudget => ({ numbersLeft: onnxNumbersMax })

/** A TensorProto whose numbers are in the file. */
export function readTensor(bytes: Uint8Array, place: string, budget: OnnxBudget): OnnxTensor {
  const tensor = readMessage(bytes, { place, numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14] })
  const name = textOf(onlyOf(tensor, 8), { place: `${place}, name`, bytesMax: onnxNameBytesMax })
  const where = `${place} ${quoted(name)}`
  refuseForeignNumbers(tensor, where)
  const type = onlyOf(tensor, 2)
  const elementType = elementTypeOf(type === undefined ? 0 : integerOf(type, where), where)
  const shape = allOf(tensor, 1).flatMap((field) => sizes(field, `${where}, dims`))
  if (shape.length > rankMax) refuse('limit_exceeded', where, `has over ${rankMax} dimensions`)
  const elements = shape.reduce((product, size) => product * size, 1)
  if (elements > tensorNumbersMax) {
    refuse('limit_exceeded', where, `has more than ${tensorNumbersMax} values`)
  }
  budget.numbersLeft -= elements
  if (budget.numbersLeft < 0) refuse('limit_exceeded', where, 'is beyond what a file may have')
  const raw = onlyOf(tensor, 9)
  const typed = Object.keys(typedFields).flatMap((number) => allOf(tensor, Number(number)))
  if (raw !== undefined && typed.length > 0)
    refuse('repeated_field', where, 'has its numbers twice')
  const expected = { elementType, elements, where }
  const values =
    raw === undefined ? typedValues(typed, expected) : rawValues(bytesOf(raw, where), expected)
  const strange = values.findIndex((value) => !Number.isFinite(value))
  if (strange >= 0) refuse('not_finite', `${where}, value ${strange}`, `is ${values[strange]}`)
  return { name, elementType, shape, values }
}

/** Files that a file names are never opened. */
function refuseForeignNumbers(tensor: Message, where: string): void {
  const location = onlyOf(tensor, 14)
  const isForeign = location !== undefined && integerOf(location, where) !== 0
  if (isForeign || allOf(tensor, 13).length > 0) {
    refuse('external_data', where, 'keeps its numbers in another file')
  }
  if (allOf(tensor, 3).length > 0) refuse('not_onnx', where, 'is a segment of a tensor')
}

/** One by one, or packed. */
function sizes(field: Field, place: string): readonly number[] {
  if (field.kind === 'bytes' && field.bytes.length > rankMax * 10) {
    return refuse('limit_exceeded', place, `are more than ${rankMax}`)
  }
  const given =
    field.kind === 'bytes'
      ? Array.from(packedVarints(field.bytes, place), cutInt64)
      : [integerOf(field, place)]
  const wrong = given.find((size) => size < 0 || size > tensorNumbersMax)
  return wrong === undefined ? given : refuse('limit_exceeded', place, `have a size of ${wrong}`)
}

const elementTypeNames = new Map(
  Object.entries(onnxElementTypes).map(([name, type]) => [type as number, name as OnnxElementType]),
)

export const elementTypeOf = (type: number, place: string): OnnxElementType =>
  elementTypeNames.get(type) ??
  refuse('unknown_element_type', place, `has elements of the type ${type}`)

type Expected = {
  readonly elementType: OnnxElementType
  readonly elements: number
  readonly where: string
}

type RawReader = { readonly size: number; readonly read: (view: DataView, at: number) => number }

const rawReaders: Readonly<Record<OnnxElementType, RawReader>> = {
  float32: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  float64: { size: 8, read: (view, at) => view.getFloat64(at, true) },
  int64: { size: 8, read: (view, at) => cutInt64(view.getBigUint64(at, true)) },
  int32: { size: 4, read: (view, at) => view.getInt32(at, true) },
  int8: { size: 1, read: (view, at) => view.getInt8(at) },
  uint8: { size: 1, read: (view, at) => view.getUint8(at) },
  bool: { size: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
}

function rawValues(raw: Uint8Array, { elementType, elements, where }: Expected): Float64Array {
  const { size, read } = rawReaders[elementType]
  if (raw.length !== elements * size) {
    refuse('wrong_size', where, `has ${raw.length} bytes instead of ${elements * size}`)
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  return Float64Array.from({ length: elements }, (_, index) => read(view, index * size))
}

/** Fields of numbers that are not raw, and the bytes of one number where these are fixed. */
const typedFields: Readonly<Record<number, 'float32' | 'float64' | 'integers' | 'strange'>> = {
  4: 'float32',
  5: 'integers',
  6: 'strange',
  7: 'integers',
  10: 'float64',
  11: 'strange',
}

const typedFieldOf: Readonly<Record<OnnxElementType, number>> = {
  float32: 4,
  float64: 10,
  int64: 7,
  int32: 5,
  int8: 5,
  uint8: 5,
  bool: 5,
}

function typedValues(
  fields: readonly Field[],
  { elementType, elements, where }: Expected,
): Float64Array {
  const values = new Float64Array(elements)
  let count = 0
  for (const field of fields) {
    if (field.number !== typedFieldOf[elementType]) {
      refuse('unknown_element_type', where, 'has numbers of another type than its own')
    }
    for (const value of numbersOf(field, where)) {
      if (count < elements) values[count] = value
      count += 1
    }
  }
  if (count !== elements) refuse('wrong_size', where, `has ${count} values instead of ${elements}`)
  return values
}

function* numbersOf(field: Field, place: string): Generator<number> {
  const kind = typedFields[field.number]
  if (kind === 'integers') {
    if (field.kind === 'varint') yield cutInt64(field.value)
    else for (const value of packedVarints(bytesOf(field, place), place)) yield cutInt64(value)
    return
  }
  if (field.kind === 'varint') return refuse('not_onnx', place, 'has an integer for a float')
  yield* floatsIn(field.bytes, kind === 'float64' ? 8 : 4, place)
}

/** Floats behind each other, of four or eight bytes. */
export function* floatsIn(bytes: Uint8Array, size: 4 | 8, place: string): Generator<number> {
  if (bytes.length % size !== 0) refuse('not_onnx', place, 'ends within a number')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; at += size) {
    yield size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true)
  }
}
