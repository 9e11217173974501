/*
 * What an answer that is no completion delivered, choice by choice, as docs/receipts.md says it is
 * hashed. Source: OpenAI API reference, "The embedding object", "The moderation object", "Create
 * image" and "Create transcription".
 */

type Fields = Readonly<Record<string, unknown>>

/** At least one piece; undefined when the body is of no endpoint that is read here. */
export function readDelivered(body: Buffer): readonly [Buffer, ...Buffer[]] | undefined {
  const json = parseObject(body)
  const { data, results, text } = json as {
    readonly data?: unknown
    readonly results?: unknown
    readonly text?: unknown
  }
  if (typeof text === 'string') return [Buffer.from(text)]
  if (Array.isArray(results)) return whole(results.map((result) => jsonOf(result)))
  return Array.isArray(data) ? whole(data.map(readEntry)) : undefined
}

function parseObject(body: Buffer): Fields {
  try {
    return asFields(JSON.parse(body.toString()))
  } catch {
    return {}
  }
}

const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

const jsonOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** A vector as little-endian 32-bit floats, an image as its bytes or its URL. */
function readEntry(entry: unknown): Buffer | undefined {
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
  if (typeof encoded === 'string') return Buffer.from(encoded, 'base64')
  if (!Array.isArray(embedding)) return typeof url === 'string' ? Buffer.from(url) : undefined
  const floats = Buffer.alloc(embedding.length * 4)
  for (const [index, value] of embedding.entries()) floats.writeFloatLE(Number(value), index * 4)
  return floats
}

function whole(
  pieces: readonly (Buffer | undefined)[],
): readonly [Buffer, ...Buffer[]] | undefined {
  const [first, ...rest] = pieces.filter((piece) => piece !== undefined)
  return first === undefined || rest.length + 1 < pieces.length ? undefined : [first, ...rest]
}
