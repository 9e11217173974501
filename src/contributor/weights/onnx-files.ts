/*
 * Files that an ONNX model keeps its tensors in. Source: onnx/onnx, onnx.proto (ModelProto, GraphProto, TensorProto) and
 * "External Data": a tensor whose numbers are elsewhere names a file relative to the model's own folder.
 */
import type { FileReader } from './file-reader.ts'
import { onnxDepthMax, onnxFieldsMax, weightFilesMax } from './limits.ts'

/** Fields that lead to tensors, by message: the field's number and what is in it. */
const fieldsOf: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  model: new Map([
    [7, 'graph'],
    [25, 'function'],
  ]),
  graph: new Map([
    [1, 'node'],
    [5, 'tensor'],
    [15, 'sparseTensor'],
  ]),
  function: new Map([
    [7, 'node'],
    [11, 'attribute'],
  ]),
  node: new Map([[5, 'attribute']]),
  attribute: new Map([
    [5, 'tensor'],
    [6, 'graph'],
    [10, 'tensor'],
    [11, 'graph'],
    [22, 'sparseTensor'],
    [23, 'sparseTensor'],
  ]),
  sparseTensor: new Map([
    [1, 'tensor'],
    [2, 'tensor'],
  ]),
  tensor: new Map([[13, 'externalData']]),
}

type Walk = { readonly names: Set<string>; fields: number }

/** Names of the files, each within the model's folder, in their order. */
export async function externalFilesOf(reader: FileReader): Promise<readonly string[]> {
  const walk: Walk = { names: new Set(), fields: onnxFieldsMax }
  await walkMessage(reader, { message: 'model', end: reader.size, depth: 0 }, walk)
  return [...walk.names].sort()
}

async function walkMessage(
  reader: FileReader,
  {
    message,
    end,
    depth,
  }: { readonly message: string; readonly end: number; readonly depth: number },
  walk: Walk,
): Promise<void> {
  if (depth > onnxDepthMax) reader.fault('its graphs are nested too deeply')
  while (reader.position < end) {
    const { field, length } = await nextField(reader, end, walk)
    if (length === undefined) continue
    const inner = fieldsOf[message]?.get(field)
    if (inner === undefined) await reader.skip(length)
    else if (inner === 'externalData') await noteLocation(reader, reader.position + length, walk)
    else {
      const stop = reader.position + length
      await walkMessage(reader, { message: inner, end: stop, depth: depth + 1 }, walk)
    }
  }
}

/** `length` is undefined of a number, which was read past. */
async function nextField(
  reader: FileReader,
  end: number,
  walk: Walk,
): Promise<{ readonly field: number; readonly length: number | undefined }> {
  walk.fields -= 1
  if (walk.fields < 0) reader.fault('it has too many fields')
  const tag = await varint(reader)
  const field = Math.floor(tag / 8)
  const wireType = tag % 8
  if (wireType === 0) await varint(reader)
  else if (wireType === 1) await reader.skip(8)
  else if (wireType === 5) await reader.skip(4)
  else if (wireType !== 2) reader.fault('it is no ONNX file')
  const length = wireType === 2 ? await varint(reader) : undefined
  if (reader.position + (length ?? 0) > end) reader.fault('it is no ONNX file')
  return { field, length }
}

/** A pair of texts, of which the one with the key `location` names a file. */
async function noteLocation(reader: FileReader, end: number, walk: Walk): Promise<void> {
  let key = ''
  let value = ''
  while (reader.position < end) {
    const { field, length } = await nextField(reader, end, walk)
    if (length === undefined) continue
    if (length > 4_096) reader.fault('it names a file with a name that is too long')
    const text = (await reader.bytes(length)).toString('utf8')
    if (field === 1) key = text
    if (field === 2) value = text
  }
  if (key !== 'location') return
  const isInside =
    value !== '' && !/[\\\0:]/.test(value) && value.split('/').every((part) => !/^\.*$/.test(part))
  if (!isInside) reader.fault('it names a file outside of its folder')
  walk.names.add(value)
  if (walk.names.size > weightFilesMax) reader.fault('it names too many files')
}

/** A number beyond what a length can be is one that no caller gets past. */
async function varint(reader: FileReader): Promise<number> {
  let value = 0
  for (let shift = 0; shift < 10; shift += 1) {
    const byte = await reader.byte()
    value += (byte & 0x7f) * 2 ** (7 * shift)
    if (byte < 0x80) return value
  }
  return reader.fault('it is no ONNX file')
}
