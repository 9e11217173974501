import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { DecoderSession } from './decoder-session.ts'
import { prefillTokensMax } from './limits.ts'
import type { EmbeddingConfig, ModelConfig } from './model-config.ts'
import { readBlock } from './read-prompt.ts'
import { emptySequence } from './sequence.ts'
import type { ModelTokenizer } from './tokenizer.ts'

/** How a model makes vectors of texts. */
export type TextEmbedding = {
  readonly config: EmbeddingConfig
  /** What is read before and after each text. */
  readonly before: readonly number[]
  readonly after: readonly number[]
  /** For each dimension one weight a feature, then what is added. */
  readonly rows: readonly Float64Array[]
}

/** Reads `embedding.f16`: the rows one after another, in little-endian float16. */
export function readTextEmbedding(
  table: Buffer,
  config: EmbeddingConfig,
  tokenizer: ModelTokenizer,
): Result<TextEmbedding, string> {
  const parts = config.meanOf.length + config.lastOf.length
  const columns = table.length / 2 / config.dimensions
  if (!Number.isInteger(columns) || (columns - 1) % parts !== 0) {
    return err(
      `its ${table.length} bytes are not ${config.dimensions} rows of ${parts} outputs and one more`,
    )
  }
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  const rows = Array.from({ length: config.dimensions }, (_, row) =>
    Float64Array.from({ length: columns }, (_, column) =>
      view.getFloat16(2 * (row * columns + column), true),
    ),
  )
  const before = tokenizer.encodeTemplate(config.prefix)
  const after = tokenizer.encodeTemplate(config.suffix)
  return ok({ config, before, after, rows })
}

type Embedder = {
  readonly decoder: Pick<DecoderSession, 'forward'>
  readonly config: ModelConfig
  readonly embedding: TextEmbedding
}

/**
 * The vector of a text, at length one. Everything beyond the model is in doubles and in one order of
 * additions, so the same text gives the same bits. Undefined when the signal came first.
 */
export async function embedText(
  embedder: Embedder,
  asked: { readonly tokens: readonly number[]; readonly dimensions: number },
  signal: AbortSignal,
): Promise<Float32Array | undefined> {
  const { rows, before, after } = embedder.embedding
  const features = await featuresOf(embedder, [...before, ...asked.tokens, ...after], signal)
  if (features === undefined) return undefined
  const values = rows.slice(0, asked.dimensions).map((weights) => {
    assert(weights.length === features.length + 1, 'a weight for each feature and one more')
    return features.reduce(
      (sum, feature, at) => sum + feature * (weights[at] ?? Number.NaN),
      weights[features.length] ?? Number.NaN,
    )
  })
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  // A text whose every value is zero has no direction. Zero is added for -0, which JSON cannot say.
  return Float32Array.from(values, (value) => (length === 0 ? 0 : Math.fround(value / length) + 0))
}

/** The means over all tokens, then the values of the last one. */
async function featuresOf(
  { decoder, config, embedding }: Embedder,
  tokens: readonly number[],
  signal: AbortSignal,
): Promise<Float64Array | undefined> {
  const { meanOf, lastOf } = embedding.config
  const outputs = [...meanOf, ...lastOf]
  const sums = meanOf.map(() => [] as number[])
  let last: readonly Float32Array[] = []
  let sequence = emptySequence(config)
  while (sequence.tokens < tokens.length) {
    if (signal.aborted) return undefined
    const block = tokens.slice(sequence.tokens, sequence.tokens + prefillTokensMax)
    const read = await readBlock({ decoder, shape: config }, sequence, block, outputs)
    const rowsOf = (name: string): Float32Array[] => split(read.states.get(name), block.length)
    for (const [part, name] of meanOf.entries()) {
      for (const row of rowsOf(name)) addTo(sums[part] ?? [], row)
    }
    last = lastOf.map((name) => rowsOf(name).at(-1) ?? new Float32Array())
    sequence = read.sequence
  }
  const means = sums.flat().map((sum) => sum / tokens.length)
  return Float64Array.from([...means, ...last.flatMap((values) => [...values])])
}

/** One row for each token. */
function split(values: Float32Array | undefined, tokens: number): Float32Array[] {
  assert(values !== undefined && values.length % tokens === 0, 'an output has a row a token')
  const width = values.length / tokens
  return Array.from({ length: tokens }, (_, at) => values.subarray(at * width, (at + 1) * width))
}

function addTo(sums: number[], row: Float32Array): void {
  for (const [at, value] of row.entries()) sums[at] = (sums[at] ?? 0) + value
}
