/*
 * Vectors, in numbers or in base64 of little-endian 32-bit floats, whichever the engine answers: each client gets the form
 * that it asked for, and both have the same content. Source: OpenAI API reference, "Create embeddings".
 */
import { endianness } from 'node:os'
import { count, type Fields, isFields, parseWhole } from './answer-json.ts'
import type { AskedOf, WholeUnits } from './whole-units.ts'

type Embedding = {
  readonly index: number
  /** As the engine wrote it. */
  readonly written: readonly number[] | string
  /** Little-endian 32-bit floats, all of them finite. */
  readonly floats: Buffer
}

/** Undefined unless there is exactly one vector for each input, all of one length. */
export function readEmbeddings(body: Buffer, asked: AskedOf): WholeUnits | undefined {
  const json = parseWhole(body)
  if (json === undefined) return undefined
  const { data, ...rest } = json as { readonly data?: unknown } & Fields
  if (!Array.isArray(data) || data.length !== asked.choiceCount) return undefined
  const embeddings = inOrder(data)
  if (embeddings === undefined) return undefined
  const units = embeddings.length
  const usage = isFields(json['usage']) ? json['usage'] : {}
  const promptTokens = count(usage['prompt_tokens'])
  return {
    bytes: Buffer.from(write(rest, embeddings, asked.expected?.form === 'base64')),
    usage:
      promptTokens === undefined
        ? undefined
        : { promptTokens, cachedPromptTokens: 0, completionTokens: units, reasoningTokens: 0 },
    units,
    source: 'reported',
    delivered: embeddings.map(({ floats }) => floats),
  }
}

/** By their index: some engines answer in the order in which they finish. */
function inOrder(data: readonly unknown[]): readonly Embedding[] | undefined {
  const ordered: Embedding[] = []
  for (const [position, entry] of data.entries()) {
    const embedding = isFields(entry) ? readEmbedding(entry, position) : undefined
    if (embedding === undefined || embedding.index >= data.length) return undefined
    if (ordered[embedding.index] !== undefined) return undefined
    ordered[embedding.index] = embedding
  }
  const length = ordered[0]?.floats.length ?? 0
  return length > 0 && ordered.every(({ floats }) => floats.length === length) ? ordered : undefined
}

function readEmbedding(entry: Fields, position: number): Embedding | undefined {
  const index = entry['index'] ?? position
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) return undefined
  const written = entry['embedding']
  if (Array.isArray(written)) {
    const floats = floatsOfNumbers(written)
    return floats && { index, written, floats }
  }
  if (typeof written !== 'string') return undefined
  const floats = floatsOfBase64(written)
  return floats && { index, written, floats }
}

const floatBytes = 4
/** A typed array has the order of its machine; what is hashed and sent is little-endian. */
const isBigEndian = endianness() === 'BE'

/** Undefined where one of them is no number, or none that 32 bits hold. */
function floatsOfNumbers(values: readonly unknown[]): Buffer | undefined {
  if (!values.every((value) => typeof value === 'number')) return undefined
  const floats = Float32Array.from(values)
  return floats.every(Number.isFinite) ? bytesOf(floats) : undefined
}

const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/

/** Undefined for what is no base64 of whole, finite 32-bit floats. */
function floatsOfBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !base64Pattern.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.length % floatBytes === 0 && floatsIn(bytes).every(Number.isFinite)
    ? bytes
    : undefined
}

function bytesOf({ buffer }: Float32Array<ArrayBuffer>): Buffer {
  const bytes = Buffer.from(buffer)
  return isBigEndian ? bytes.swap32() : bytes
}

/** A copy: what a Buffer holds need not begin where a float may. */
function floatsIn(bytes: Buffer): Float32Array {
  const copy = Buffer.from(new Uint8Array(bytes).buffer)
  if (isBigEndian) copy.swap32()
  return new Float32Array(copy.buffer)
}

function write(rest: Fields, embeddings: readonly Embedding[], asBase64: boolean): string {
  const data = embeddings.map(({ index, written, floats }) => {
    const embedding = asBase64
      ? `"${floats.toString('base64')}"`
      : writeNumbers(typeof written === 'string' ? [...floatsIn(floats)] : written)
    return `{"object":"embedding","index":${index},"embedding":${embedding}}`
  })
  const others = JSON.stringify({ object: 'list', ...rest }).slice(0, -1)
  return `${others},"data":[${data.join(',')}]}`
}

/**
 * Each float as the double that it is: what reads it back into 32 bits has the same bits. JSON.stringify would take the
 * sign off a negative zero, and with it the bit that `contentHash` has.
 */
function writeNumbers(values: readonly number[]): string {
  if (!values.some((value) => Object.is(value, -0))) return JSON.stringify(values)
  return `[${values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join(',')}]`
}
