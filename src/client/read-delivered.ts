/*
 * What an answer that is no completion delivered, choice by choice, as docs/receipts.md says it is
 * hashed. Source: OpenAI API reference, "The embedding object", "The moderation object", "Create
 * image" and "Create transcription".
 */

import { utf8Bytes, utf8Text } from '../base/bytes.ts'

type Fields = Readonly<Record<string, unknown>>

/** At least one piece; undefined when the body is of no endpoint that is read here. */
export function readDelivered(
  body: Uint8Array,
): readonly [Uint8Array, ...Uint8Array[]] | undefined {
  const json = parseObject(body)
  const { data, results, text } = json as {
    readonly data?: unknown
    readonly results?: unknown
    readonly text?: unknown
  }
  if (typeof text === 'string') return [utf8Bytes(text)]
  if (Array.isArray(results)) return whole(results.map((result) => jsonOf(result)))
  return Array.isArray(data) ? whole(data.map(readEntry)) : undefined
}

function parseObject(body: Uint8Array): Fields {
  try {
    return asFields(JSON.parse(utf8Text(body)))
  } catch {
    return {}
  }
}

const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

const jsonOf = (value: unknown): Uint8Array => utf8Bytes(JSON.stringify(value))

/** A vector as little-endian 32-bit floats, an image as its bytes or its URL. */
function readEntry(entry: unknown): Uint8Array | undefined {
  const {
    embedding,
    b64_json: image,
    url,
  } = asFields(entry) as {
    readonly embedding?: unknown
    readonly b64_json?: unknown
    readonly url?: unknown
  }
  const encoded = embedding ?? image
  if (typeof encoded === 'string') return decodeBase64(encoded)
  if (!Array.isArray(embedding)) return typeof url === 'string' ? utf8Bytes(url) : undefined
  const floats = new DataView(new ArrayBuffer(embedding.length * 4))
  for (const [index, value] of embedding.entries()) {
    floats.setFloat32(index * 4, Number(value), true)
  }
  return new Uint8Array(floats.buffer)
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text)
  } catch {
    return undefined
  }
}

function whole(
  pieces: readonly (Uint8Array | undefined)[],
): readonly [Uint8Array, ...Uint8Array[]] | undefined {
  const [first, ...rest] = pieces.filter((piece) => piece !== undefined)
  return first === undefined || rest.length + 1 < pieces.length ? undefined : [first, ...rest]
}
