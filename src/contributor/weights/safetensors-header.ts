/*
 * The header of a safetensors file. Source: huggingface/safetensors, "Format": its length in 8 bytes, then JSON that names a
 * dtype, a shape and a place for each tensor.
 */
import { structureOf } from '../../base/json-structure.ts'
import type { FileReader } from './file-reader.ts'
import {
  readChunkBytes,
  safetensorsHeaderBytesMax,
  tensorDimensionsMax,
  tensorsMax,
} from './limits.ts'

export type SafetensorsHeader = {
  /** Elements by dtype, such as `BF16`. */
  readonly elements: ReadonlyMap<string, number>
}

/** Deep enough for `{tensor: {shape: [ … ]}}`. */
const depthMax = 4

export async function readSafetensorsHeader(reader: FileReader): Promise<SafetensorsHeader> {
  const elements = new Map<string, number>()
  for (const [name, tensor] of Object.entries(await readTensors(reader))) {
    if (name === '__metadata__') continue
    const { dtype, shape } = isFields(tensor) ? tensor : {}
    const count = elementsOf(shape)
    if (!isDtype(dtype) || count === undefined) {
      return reader.fault(`its header does not say what "${name.slice(0, 100)}" is`)
    }
    elements.set(dtype, (elements.get(dtype) ?? 0) + count)
  }
  return { elements }
}

async function readTensors(reader: FileReader): Promise<Fields> {
  const length = await reader.uint64()
  if (length > safetensorsHeaderBytesMax) reader.fault(`its header says it has ${length} bytes`)
  if (length > reader.left) reader.fault('it ends in the middle of its header')
  const chunks: Buffer[] = []
  for (let left = length; left > 0; left -= readChunkBytes) {
    chunks.push(Buffer.from(await reader.bytes(Math.min(left, readChunkBytes))))
  }
  const json = Buffer.concat(chunks)
  const { depth, containers } = structureOf(json)
  if (depth > depthMax || containers > tensorsMax * depthMax) reader.fault('its header is too deep')
  let tensors: unknown
  try {
    tensors = JSON.parse(json.toString('utf8'))
  } catch {
    return reader.fault('its header is not JSON')
  }
  return isFields(tensors) ? tensors : reader.fault('its header is no list of tensors')
}

function elementsOf(shape: unknown): number | undefined {
  if (!Array.isArray(shape) || shape.length > tensorDimensionsMax) return undefined
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return undefined
  const count = shape.reduce((product: number, size) => product * size, 1)
  return Number.isSafeInteger(count) ? count : undefined
}

const isDtype = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Z0-9_]{1,16}$/.test(value)

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
