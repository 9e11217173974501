/*
 * vouch-mini as a GGUF file that llama.cpp knows. Its graph is llama.cpp's architecture `arcee`: RMSNorm before attention and
 * feed-forward, rotary positions, a squared ReLU without a gate. Three things are written otherwise than in model.onnx, and
 * compute the same:
 *
 * - the network normalises what it looked up in the embedding, which is done to the table here, so that input and output
 *   have a table each;
 * - it rotates the two halves of a head against each other, llama.cpp neighbours: rows of queries and keys are reordered;
 * - gains that are all one stand there, because llama.cpp reads some.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type GgufEntry, type GgufTensor, ggufFile, type TensorType } from './gguf-file.ts'
import { float16Initializers, type Matrix } from './onnx-initializers.ts'

const folder = resolve(import.meta.dirname, '../../models/vouch-mini')
/** models/vouch-mini/training/model.py. */
const normEpsilon = 1e-5
const rotaryBase = 10_000
/** llama.cpp's `general.file_type`. */
const fileTypes = { f32: 0, f16: 1, q8_0: 7 } as const

type Config = {
  readonly layers: number
  readonly heads: number
  readonly headDimension: number
  readonly vocabularySize: number
  readonly contextTokensMax: number
  readonly endTokenId: number
  readonly specialTokenIds: Readonly<Record<string, number>>
}

type Tokenizer = {
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>
    readonly merges: readonly (readonly [string, string])[]
  }
}

/** The whole file; every run writes the same bytes. */
export function vouchMiniGguf(type: TensorType): Buffer {
  const config = readJson('config.json') as Config
  const weights = float16Initializers(readFileSync(join(folder, 'model.onnx')))
  return ggufFile(
    { ...modelEntries(config, type), ...tokenizerEntries(config) },
    modelTensors(config, weights, type),
  )
}

function modelEntries(config: Config, type: TensorType): Readonly<Record<string, GgufEntry>> {
  const { layers, heads, headDimension, vocabularySize, contextTokensMax } = config
  const width = heads * headDimension
  return {
    'general.architecture': { text: 'arcee' },
    'general.name': { text: 'vouch-mini' },
    'general.license': { text: 'apache-2.0' },
    'general.file_type': { uint32: fileTypes[type] },
    'general.quantization_version': { uint32: 2 },
    'arcee.block_count': { uint32: layers },
    'arcee.context_length': { uint32: contextTokensMax },
    'arcee.embedding_length': { uint32: width },
    'arcee.feed_forward_length': { uint32: 4 * width },
    'arcee.attention.head_count': { uint32: heads },
    'arcee.attention.head_count_kv': { uint32: heads },
    'arcee.attention.layer_norm_rms_epsilon': { float32: normEpsilon },
    'arcee.rope.dimension_count': { uint32: headDimension },
    'arcee.rope.freq_base': { float32: rotaryBase },
    'arcee.vocab_size': { uint32: vocabularySize },
  }
}

/** Byte-level BPE as GPT-2 has it. */
function tokenizerEntries(config: Config): Readonly<Record<string, GgufEntry>> {
  const { vocab, merges } = (readJson('tokenizer.json') as Tokenizer).model
  const tokens = Array.from({ length: config.vocabularySize }, () => '')
  for (const [token, id] of Object.entries({ ...vocab, ...config.specialTokenIds })) {
    tokens[id] = token
  }
  const marks = new Set(Object.values(config.specialTokenIds))
  return {
    'tokenizer.ggml.model': { text: 'gpt2' },
    // Qwen2's pre-tokenizer is ours but for one thing: it cuts off 's, 't, 're, 've, 'm, 'll and 'd in front of more letters too.
    'tokenizer.ggml.pre': { text: 'qwen2' },
    'tokenizer.ggml.tokens': { texts: tokens },
    // 1 is a text, 3 a mark.
    'tokenizer.ggml.token_type': { int32s: tokens.map((_, id) => (marks.has(id) ? 3 : 1)) },
    'tokenizer.ggml.merges': { texts: merges.map((pair) => pair.join(' ')) },
    'tokenizer.ggml.bos_token_id': { uint32: config.endTokenId },
    'tokenizer.ggml.eos_token_id': { uint32: config.endTokenId },
    'tokenizer.ggml.add_bos_token': { flag: false },
    'tokenizer.chat_template': {
      text:
        "{%- for message in messages -%}{{- '<|' + message['role'] + '|>' + message['content'] + '<|end|>' -}}" +
        "{%- endfor -%}{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}",
    },
  }
}

function modelTensors(
  { layers, heads, headDimension }: Config,
  weights: ReadonlyMap<string, Matrix>,
  type: TensorType,
): readonly GgufTensor[] {
  const width = heads * headDimension
  const gain = (name: string): GgufTensor => ({
    name,
    type: 'f32',
    shape: [width],
    values: new Float32Array(width).fill(1),
  })
  const weightOf = (name: string): Matrix => {
    const matrix = weights.get(`${name}.f16`)
    if (matrix === undefined) throw new Error(`model.onnx has no ${name}`)
    return matrix
  }
  const named = (name: string, matrix: Matrix): GgufTensor => ({ name, type, ...matrix })
  const embedding = weightOf('embedding')
  const blocks = Array.from({ length: layers }, (_, block): readonly GgufTensor[] => {
    const from = `block.${block}`
    const to = `blk.${block}`
    const mixed = transposed(weightOf(`${from}.query_key_value`))
    const part = (index: number): Matrix => rowsOf(mixed, index * width, width)
    return [
      gain(`${to}.attn_norm.weight`),
      named(`${to}.attn_q.weight`, neighboured(part(0), headDimension)),
      named(`${to}.attn_k.weight`, neighboured(part(1), headDimension)),
      named(`${to}.attn_v.weight`, part(2)),
      named(`${to}.attn_output.weight`, transposed(weightOf(`${from}.attention_out`))),
      gain(`${to}.ffn_norm.weight`),
      named(`${to}.ffn_up.weight`, transposed(weightOf(`${from}.expand`))),
      named(`${to}.ffn_down.weight`, transposed(weightOf(`${from}.contract`))),
    ]
  })
  return [
    named('token_embd.weight', normalised(embedding)),
    ...blocks.flat(),
    gain('output_norm.weight'),
    named('output.weight', embedding),
  ]
}

/** ONNX multiplies from the left: its weights are [in, out], ggml's [out, in]. */
function transposed({ shape: [rows = 0, columns = 0], values }: Matrix): Matrix {
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      turned[column * rows + row] = values[row * columns + column] ?? 0
    }
  }
  return { shape: [columns, rows], values: turned }
}

const rowsOf = (
  { shape: [, columns = 0], values }: Matrix,
  from: number,
  count: number,
): Matrix => ({
  shape: [count, columns],
  values: values.slice(from * columns, (from + count) * columns),
})

/** Within each head row j of both halves come to stand at 2j and 2j + 1. */
function neighboured({ shape, values }: Matrix, headDimension: number): Matrix {
  const [rows = 0, columns = 0] = shape
  const half = headDimension / 2
  const moved = new Float32Array(values.length)
  for (let row = 0; row < rows; row += 1) {
    const inHead = row % headDimension
    const target = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half)
    moved.set(values.subarray(row * columns, (row + 1) * columns), target * columns)
  }
  return { shape, values: moved }
}

/** Each row divided by the root of the mean of its squares. */
function normalised({ shape, values }: Matrix): Matrix {
  const [, columns = 0] = shape
  const scaled = new Float32Array(values.length)
  for (let start = 0; start < values.length; start += columns) {
    const row = values.subarray(start, start + columns)
    const meanSquare = row.reduce((sum, value) => sum + value * value, 0) / columns
    scaled.set(
      row.map((value) => value / Math.sqrt(meanSquare + normEpsilon)),
      start,
    )
  }
  return { shape, values: scaled }
}

const readJson = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'))
