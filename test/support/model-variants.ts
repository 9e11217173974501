/*
 * What a contributor may serve instead of vouch-mini, made from it with a seed: models that are smaller, rounded more coarsely or
 * trained a little on, sampling that is not what was asked for, answers that end early or belong to other questions. And what an
 * honest one may differ by: arithmetic that rounds otherwise.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Matrix, withFloat16Initializers } from '../../scripts/gguf/onnx-initializers.ts'
import { type DecoderSession, openDecoderSession } from '../../src/engine/decoder-session.ts'
import type { LanguageModel } from '../../src/engine/load-model.ts'
import { builtInModelFolder } from './built-in-model.ts'
import { seededRandom } from './seeded-random.ts'

/** A change of the weights, or of what a pass says. */
type Change =
  | { readonly weights: (name: string, matrix: Matrix) => Float32Array }
  | { readonly passes: (decoder: DecoderSession, model: LanguageModel) => DecoderSession }

export type VariantName =
  | 'f16-noise'
  | 'int8'
  | 'int4'
  | 'five-layers'
  | 'four-layers'
  | 'fine-tuned'
  | 'hotter'
  | 'cut-short'

/** Who serves these is honest: the model is the one that is named, its arithmetic another. */
export const honestVariants: readonly VariantName[] = ['f16-noise']
export const dishonestVariants: readonly VariantName[] = [
  'int8',
  'int4',
  'five-layers',
  'four-layers',
  'fine-tuned',
  'hotter',
  'cut-short',
]

const changes: Readonly<Record<VariantName, Change>> = {
  // Each weight off by up to a unit in the last of float16's places, as where every product is rounded to float16.
  'f16-noise': { weights: (name, matrix) => jittered(name, matrix, 2 ** -10) },
  int8: { weights: (_, { values }) => roundedInBlocks(values, 127) },
  int4: { weights: (_, { values }) => roundedInBlocks(values, 7) },
  'five-layers': { weights: (name, { values }) => without([3], name, values) },
  'four-layers': { weights: (name, { values }) => without([2, 3], name, values) },
  'fine-tuned': { weights: (name, matrix) => trainedOn(name, matrix, 0.03) },
  hotter: { passes: (decoder) => scaled(decoder, 1 / 1.5) },
  'cut-short': { passes: (decoder, model) => cutShort(decoder, model, 12) },
}

/** The model under its true name and modelId, computing as the variant does. */
export async function openVariant(
  model: LanguageModel,
  variant: VariantName,
): Promise<LanguageModel> {
  const change = changes[variant]
  if ('passes' in change) return { ...model, decoder: change.passes(model.decoder, model) }
  const onnx = readFileSync(join(builtInModelFolder, 'model.onnx'))
  const changed = withFloat16Initializers(onnx, change.weights)
  const decoder = await openDecoderSession(changed, model.config, { intraOpThreads: 1 })
  if (!decoder.ok) throw new Error(decoder.error)
  return { ...model, decoder: decoder.value }
}

const blockSize = 32

/** Whole numbers up to `most` and a scale for each block of 32, as llama.cpp's Q8_0 has it. */
function roundedInBlocks(values: Float32Array, most: number): Float32Array {
  const rounded = new Float32Array(values.length)
  for (let start = 0; start < values.length; start += blockSize) {
    const block = values.subarray(start, start + blockSize)
    const scale = block.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / most
    for (const [at, value] of block.entries()) {
      rounded[start + at] = scale === 0 ? 0 : Math.round(value / scale) * scale
    }
  }
  return rounded
}

function jittered(name: string, { values }: Matrix, share: number): Float32Array {
  const random = seededRandom(seedOf(name))
  return values.map((value) => value * (1 + share * (random(2 ** 20) / 2 ** 19 - 1)))
}

/** What a layer adds to the stream is nothing: the model is the one without it. */
function without(layers: readonly number[], name: string, values: Float32Array): Float32Array {
  const isGone = layers.some((layer) =>
    [`block.${layer}.attention_out.f16`, `block.${layer}.contract.f16`].includes(name),
  )
  return isGone ? new Float32Array(values.length) : values
}

/** An adapter of rank four added to each layer, `share` of the matrix's own size: what a short training changes. */
function trainedOn(name: string, { shape, values }: Matrix, share: number): Float32Array {
  if (name === 'embedding.f16') return values
  const random = seededRandom(seedOf(name))
  const normal = (): number =>
    Array.from({ length: 6 }, () => random(2 ** 20) / 2 ** 20 - 0.5).reduce((a, b) => a + b)
  const [rows = 0, columns = 0] = shape
  const added = new Float32Array(values.length)
  for (let rank = 0; rank < 4; rank += 1) {
    const down = Float32Array.from({ length: rows }, normal)
    const up = Float32Array.from({ length: columns }, normal)
    for (const [at] of added.entries()) {
      added[at] = (added[at] ?? 0) + (down[Math.floor(at / columns)] ?? 0) * (up[at % columns] ?? 0)
    }
  }
  const size = (of: Float32Array): number =>
    Math.sqrt(of.reduce((sum, value) => sum + value ** 2, 0))
  const scale = (share * size(values)) / size(added)
  return values.map((value, at) => value + scale * (added[at] ?? 0))
}

const seedOf = (name: string): number =>
  [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 2 ** 31, 7)

/** The same as a temperature that is higher by that. */
const scaled = (decoder: DecoderSession, factor: number): DecoderSession => ({
  ...decoder,
  forward: async (input, states) => {
    const output = await decoder.forward(input, states)
    const logits = output.logits.map((row) => row.map((logit) => logit * factor))
    return { ...output, logits }
  },
})

/** Every so many positions the answer ends, whatever the model would say. */
const cutShort = (
  decoder: DecoderSession,
  { config }: LanguageModel,
  every: number,
): DecoderSession => ({
  ...decoder,
  forward: async (input, states) => {
    const output = await decoder.forward(input, states)
    const isAnswer = input.tokenIds[0]?.length === 1
    const logits = output.logits.map((row, at) => {
      if (!isAnswer || (input.pastTokens[at] ?? 0) % every !== 0) return row
      const ended = Float32Array.from(row)
      ended[config.endTokenId] = 1_000
      return ended
    })
    return { ...output, logits }
  },
})
