/*
 * Vectors, in numbers or in base64 of little-endian 32-bit floats, whichever the engine answers: each client gets the form
 * that it asked for, and both have the same content. Source: OpenAI API reference, "Create embeddings".
 */
import { count, type Fields, isFields, isShallowEnough, parseObject } from './answer-json.ts'
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
  const json = parseObject(body.toString())
  if (json === undefined) return undefined
  const { data, ...rest } = json as { readonly data?: unknown } & Fields
  if (!Array.isArray(data) || data.length !== asked.choiceCount) return undefined
  if (!isShallowEnough(rest, body)) return undefined
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

/** Undefined where one of them is no number, or none that 32 bits hold. */
function floatsOfNumbers(values: readonly unknown[]): Buffer | undefined {
  const floats = Buffer.allocUnsafe(values.length * floatBytes)
  let offset = 0
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) return undefined
    offset = floats.writeFloatLE(value, offset)
  }
  return floats
}

const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/

/** Undefined for what is no base64 of whole, finite 32-bit floats. */
function floatsOfBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !base64Pattern.test(text)) return undefined
  const floats = Buffer.from(text, 'base64')
  if (floats.length % floatBytes !== 0) return undefined
  for (let offset = 0; offset < floats.length; offset += floatBytes) {
    if (!Number.isFinite(floats.readFloatLE(offset))) return undefined
  }
  return floats
}

/** Each float as the double that it is: what reads it back into 32 bits has the same bits. */
function numbersOfFloats(floats: Buffer): readonly number[] {
  return Array.from({ length: floats.length / floatBytes }, (_, index) =>
    floats.readFloatLE(index * floatBytes),
  )
}

function write(rest: Fields, embeddings: readonly Embedding[], asBase64: boolean): string {
  const data = embeddings.map(({ index, written, floats }) => {
    const embedding = asBase64
      ? `"${floats.toString('base64')}"`
      : writeNumbers(typeof written === 'string' ? numbersOfFloats(floats) : written)
    return `{"object":"embedding","index":${index},"embedding":${embedding}}`
  })
  const others = JSON.stringify({ object: 'list', ...rest }).slice(0, -1)
  return `${others},"data":[${data.join(',')}]}`
}

/** JSON.stringify would take the sign off a negative zero, and with it the bit that `contentHash` has. */
const writeNumbers = (values: readonly number[]): string =>
  `[${values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join(',')}]`
