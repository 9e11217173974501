import { onnxAttributesMax, onnxNameBytesMax, onnxNodePortsMax } from './limits.ts'
import { quoted, refuse } from './model-fault.ts'
import { type OnnxAttribute, type OnnxNode, onnxAttributeTypes } from './onnx-model.ts'
import {
  allOf,
  bytesOf,
  cutInt64,
  type Field,
  integerOf,
  onlyOf,
  packedVarints,
  readMessage,
  textOf,
} from './protobuf-reading.ts'
import { floatsIn, type OnnxBudget, readTensor } from './read-onnx-tensor.ts'

/** A NodeProto. */
export function readNode(bytes: Uint8Array, place: string, budget: OnnxBudget): OnnxNode {
  const node = readMessage(bytes, { place, numbers: [1, 2, 3, 4, 5, 7, 8] })
  const name = nameOf(onlyOf(node, 3), place)
  const op = nameOf(onlyOf(node, 4), place)
  const domain = nameOf(onlyOf(node, 7), place)
  if (op === '') refuse('missing_field', place, 'names no operator')
  const where = nodePlace(place, { op, name })
  if (nameOf(onlyOf(node, 8), where) !== '') refuse('function', where, 'overloads a function')
  const ports = allOf(node, 1).length + allOf(node, 2).length
  if (ports > onnxNodePortsMax) {
    refuse('limit_exceeded', where, `has more than ${onnxNodePortsMax} inputs and outputs`)
  }
  return {
    name,
    op,
    domain: domain === 'ai.onnx' ? '' : domain,
    inputs: allOf(node, 1).map((field) => nameOf(field, where)),
    outputs: allOf(node, 2).map((field) => nameOf(field, where)),
    attributes: readAttributes(allOf(node, 5), where, budget),
  }
}

const nameOf = (field: Field | undefined, place: string): string =>
  textOf(field, { place: `${place}, a name`, bytesMax: onnxNameBytesMax })

export const nodePlace = (
  place: string,
  { op, name }: { readonly op: string; readonly name: string },
): string => `${place} ${op.slice(0, 40)}${name === '' ? '' : ` ${quoted(name)}`}`

function readAttributes(
  fields: readonly Field[],
  node: string,
  budget: OnnxBudget,
): ReadonlyMap<string, OnnxAttribute> {
  if (fields.length > onnxAttributesMax) {
    refuse('limit_exceeded', node, `has more than ${onnxAttributesMax} attributes`)
  }
  const attributes = new Map<string, OnnxAttribute>()
  for (const field of fields) {
    const { name, value } = readAttribute(bytesOf(field, node), node, budget)
    if (attributes.has(name)) refuse('duplicate_name', node, `has ${quoted(name)} twice`)
    attributes.set(name, value)
  }
  return attributes
}

/** Where an attribute keeps what, by the number of its field. */
const valueFields: ReadonlyMap<number, OnnxAttribute['kind']> = new Map([
  [2, 'float'],
  [3, 'int'],
  [4, 'text'],
  [5, 'tensor'],
  [7, 'floats'],
  [8, 'ints'],
  [9, 'texts'],
])
/** Graphs; a function's parameter; tensors, types and sparse tensors. */
const graphFields = [6, 11]
const functionField = 21
const strangeFields = [10, 14, 15, 22, 23]

const kindOfType = new Map(
  Object.entries(onnxAttributeTypes).map(([kind, type]) => [
    type as number,
    kind as OnnxAttribute['kind'],
  ]),
)

/** An AttributeProto. Old files say nothing of its type, which is then that of what is there. */
function readAttribute(
  bytes: Uint8Array,
  node: string,
  budget: OnnxBudget,
): { readonly name: string; readonly value: OnnxAttribute } {
  const numbers = [1, 20, functionField, ...valueFields.keys(), ...graphFields, ...strangeFields]
  const attribute = readMessage(bytes, { place: node, numbers })
  const name = nameOf(onlyOf(attribute, 1), node)
  const place = `${node}, attribute ${quoted(name)}`
  const isThere = (number: number): boolean => allOf(attribute, number).length > 0
  if (graphFields.some(isThere)) refuse('subgraph', place, 'holds a graph')
  if (isThere(functionField)) refuse('function', place, 'refers to one of a function')
  if (strangeFields.some(isThere)) {
    refuse('unsupported_attribute', place, 'holds tensors, types or sparse tensors')
  }
  const [first, ...others] = [...valueFields.keys()].filter(isThere)
  if (others.length > 0) refuse('repeated_field', place, 'has values of two kinds')
  const kind = kindOf(onlyOf(attribute, 20), first, place)
  const fields = first === undefined ? [] : allOf(attribute, first)
  spend(fields.length, place, budget)
  return { name, value: attributeOf(kind, fields, { place, budget }) }
}

function kindOf(
  typeField: Field | undefined,
  valueField: number | undefined,
  place: string,
): OnnxAttribute['kind'] {
  const found = valueField === undefined ? undefined : valueFields.get(valueField)
  const told = typeField === undefined ? found : kindOfType.get(integerOf(typeField, place))
  if (told === undefined) return refuse('unsupported_attribute', place, 'has no known type')
  if (found === undefined || found === told) return told
  return refuse('unsupported_attribute', place, 'has a value of another type than it says')
}

function attributeOf(
  kind: OnnxAttribute['kind'],
  fields: readonly Field[],
  { place, budget }: { readonly place: string; readonly budget: OnnxBudget },
): OnnxAttribute {
  switch (kind) {
    case 'float': {
      const values = single(fields, place).flatMap((field) => floatsOf(field, place, budget))
      return { kind, value: finite(values, place)[0] ?? 0 }
    }
    case 'floats': {
      const values = fields.flatMap((field) => floatsOf(field, place, budget))
      return { kind, value: finite(values, place) }
    }
    case 'int': {
      const [field] = single(fields, place)
      return { kind, value: field === undefined ? 0 : integerOf(field, place) }
    }
    case 'ints':
      return { kind, value: fields.flatMap((field) => integersOf(field, place, budget)) }
    case 'text': {
      const [field] = single(fields, place)
      return { kind, value: textOf(field, { place, bytesMax: attributeTextBytesMax }) }
    }
    case 'texts':
      return {
        kind,
        value: fields.map((field) => textOf(field, { place, bytesMax: attributeTextBytesMax })),
      }
    case 'tensor': {
      const [field] = single(fields, place)
      if (field === undefined) return refuse('missing_field', place, 'holds no tensor')
      return { kind, value: readTensor(bytesOf(field, place), place, budget) }
    }
  }
}

const attributeTextBytesMax = 4_096

function single(fields: readonly Field[], place: string): readonly Field[] {
  return fields.length < 2 ? fields : refuse('repeated_field', place, 'has its value twice')
}

/** One by one, or packed. */
function integersOf(field: Field, place: string, budget: OnnxBudget): readonly number[] {
  if (field.kind === 'varint') return [cutInt64(field.value)]
  const bytes = bytesOf(field, place)
  spend(bytes.length, place, budget)
  return Array.from(packedVarints(bytes, place), cutInt64)
}

function floatsOf(field: Field, place: string, budget: OnnxBudget): readonly number[] {
  if (field.kind === 'varint') return refuse('not_onnx', place, 'has an integer for a float')
  spend(field.bytes.length / 4, place, budget)
  return [...floatsIn(field.bytes, 4, place)]
}

function spend(numbers: number, place: string, budget: OnnxBudget): void {
  budget.numbersLeft -= numbers
  if (budget.numbersLeft < 0) refuse('limit_exceeded', place, 'is beyond what a file may have')
}

function finite(values: readonly number[], place: string): readonly number[] {
  const strange = values.findIndex((value) => !Number.isFinite(value))
  if (strange < 0) return values
  return refuse('not_finite', `${place}, value ${strange}`, `is ${values[strange]}`)
}
