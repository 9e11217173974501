/*
 * The header of a GGUF file. Source: "GGUF", ggml-org/ggml docs/gguf.md (version 3): magic, version, the counts of tensors
 * and entries, the entries, and then a name, a shape, a type and an offset for each tensor.
 */
import { createHash } from 'node:crypto'
import type { FileReader } from './file-reader.ts'
import { ggufQuantization } from './gguf-quantization.ts'
import {
  ggufDepthMax,
  ggufElementsMax,
  ggufEntriesMax,
  ggufNameBytesMax,
  ggufTextBytesMax,
  tensorDimensionsMax,
  tensorsMax,
} from './limits.ts'

export type GgufHeader = {
  readonly architecture: string | null
  readonly quantization: string | null
  /** Positions that the model was made for. */
  readonly contextTokens: number | null
  /** Elements of all tensors of this file. */
  readonly parameters: number
  /**
   * sha256 over the sha256 of each `tokenizer.ggml.` entry, in the order of their names, an entry being its bytes in the
   * file from the length of its name to the end of its value; null where it has none.
   */
  readonly tokenizerSha256: string | null
  /** Files that the model was split into. */
  readonly parts: number
}

type Value = number | bigint | string | boolean | undefined
type Budget = { elements: number }

const tokenizerPrefix = 'tokenizer.ggml.'
/** By type; undefined of what has no fixed size. */
const fixedSizes = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8] as const
const textType = 8
const listType = 9

export async function readGgufHeader(reader: FileReader): Promise<GgufHeader> {
  if ((await reader.bytes(4)).toString('latin1') !== 'GGUF') reader.fault('it is no GGUF file')
  const version = await reader.uint32()
  if (version !== 2 && version !== 3) reader.fault(`it is GGUF of version ${version}, not 2 or 3`)
  const tensors = await reader.uint64()
  const entries = await reader.uint64()
  if (tensors > tensorsMax) reader.fault(`it says that it has ${tensors} tensors`)
  if (entries > ggufEntriesMax) reader.fault(`it says that it has ${entries} entries`)
  const { values, tokenizerSha256 } = await readEntries(reader, entries)
  const architecture = nameOf(values.get('general.architecture'))
  return {
    architecture,
    quantization: ggufQuantization(numberOf(values.get('general.file_type'))),
    contextTokens: numberOf(values.get(`${architecture}.context_length`)),
    parameters: await countParameters(reader, tensors),
    tokenizerSha256,
    parts: numberOf(values.get('split.count')) ?? 1,
  }
}

async function readEntries(reader: FileReader, count: number) {
  const values = new Map<string, Value>()
  const tokenizer = new Map<string, Buffer>()
  const budget: Budget = { elements: ggufElementsMax }
  for (let left = count; left > 0; left -= 1) {
    const hash = createHash('sha256')
    reader.observer = hash
    const name = await readName(reader)
    // Which one it is stands at its beginning; only a tokenizer's is read to its end for the hash.
    if (!name.startsWith(tokenizerPrefix)) reader.observer = undefined
    const value = await readValue(reader, await reader.uint32(), budget, 0)
    reader.observer = undefined
    if (values.has(name)) reader.fault(`it has the entry "${name}" twice`)
    values.set(name, value)
    if (name.startsWith(tokenizerPrefix)) tokenizer.set(name, hash.digest())
  }
  const ordered = [...tokenizer].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, digest]) => digest)
  const digests = Buffer.concat(ordered)
  return {
    values,
    tokenizerSha256:
      ordered.length === 0 ? null : createHash('sha256').update(digests).digest('hex'),
  }
}

async function readName(reader: FileReader): Promise<string> {
  const length = await reader.uint64()
  if (length > ggufNameBytesMax) reader.fault(`it has a name of ${length} bytes`)
  return (await reader.bytes(length)).toString('utf8')
}

/** Undefined of lists and long texts, which are read past. */
async function readValue(
  reader: FileReader,
  type: number,
  budget: Budget,
  depth: number,
): Promise<Value> {
  if (type === textType) return readText(reader)
  if (type === listType) return readPastList(reader, budget, depth)
  const size = fixedSizes[type]
  if (size === undefined) return reader.fault(`it has a value of the unknown type ${type}`)
  return readScalar(await reader.bytes(size), type)
}

async function readText(reader: FileReader): Promise<string | undefined> {
  const length = await reader.uint64()
  if (length <= ggufTextBytesMax) return (await reader.bytes(length)).toString('utf8')
  await reader.skip(length)
  return undefined
}

async function readPastList(reader: FileReader, budget: Budget, depth: number): Promise<undefined> {
  if (depth >= ggufDepthMax) reader.fault('its lists are nested too deeply')
  const type = await reader.uint32()
  const count = await reader.uint64()
  const size = fixedSizes[type]
  if (size !== undefined) {
    await reader.skip(count * size)
    return
  }
  budget.elements -= count
  if (budget.elements < 0) reader.fault('its lists are too long')
  for (let left = count; left > 0; left -= 1) {
    if (type === textType) await reader.skip(await reader.uint64())
    else await readValue(reader, type, budget, depth + 1)
  }
}

function readScalar(bytes: Buffer, type: number): Value {
  switch (type) {
    case 0:
      return bytes.readUInt8()
    case 1:
      return bytes.readInt8()
    case 2:
      return bytes.readUInt16LE()
    case 3:
      return bytes.readInt16LE()
    case 4:
      return bytes.readUInt32LE()
    case 5:
      return bytes.readInt32LE()
    case 6:
      return bytes.readFloatLE()
    case 7:
      return bytes.readUInt8() !== 0
    case 10:
      return bytes.readBigUInt64LE()
    case 11:
      return bytes.readBigInt64LE()
    default:
      return bytes.readDoubleLE()
  }
}

/** Shapes alone: the numbers themselves are not read. */
async function countParameters(reader: FileReader, tensors: number): Promise<number> {
  let parameters = 0
  for (let left = tensors; left > 0; left -= 1) {
    await readName(reader)
    const dimensions = await reader.uint32()
    if (dimensions > tensorDimensionsMax) reader.fault(`a tensor has ${dimensions} dimensions`)
    let elements = 1
    for (let each = 0; each < dimensions; each += 1) elements *= await reader.uint64()
    parameters += elements
    // Its type and its offset.
    await reader.skip(12)
  }
  if (!Number.isSafeInteger(parameters)) reader.fault('its tensors are larger than any')
  return parameters
}

/** A name, which stands in terms that others read. */
const nameOf = (value: Value): string | null =>
  typeof value === 'string' && /^[\w.-]{1,100}$/.test(value) ? value : null

function numberOf(value: Value): number | null {
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null
}
