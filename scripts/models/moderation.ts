import { join } from 'node:path'
import { type LanguageModel, loadModel } from '../../src/engine/load-model.ts'
import { embedText } from '../../src/engine/text-embedding.ts'
import { openDraws } from './draws.ts'
import { accuracyAt, areaUnderCurve, type Example } from './example.ts'
import { fitLogistic, type LinearModel, runLinear } from './linear-model.ts'
import {
  countListedWords,
  drawPosts,
  type Post,
  seenPatterns,
  unseenPatterns,
} from './moderation-data.ts'
import { denseOnnx } from './onnx-graphs.ts'
import type { TrainedModel } from './trained-model.ts'

/** Dimensions of vouch-mini's embedding that the model reads: the first ones, as `dimensions: 64` asks for. */
const dimensions = 64

/**
 * From vouch-mini's embedding of a post to the log-odds that a board should not show it. A linear model: a network with a hidden
 * layer was no better on sentences that nobody had shown it (area under the curve 0.95).
 */
export async function trainModeration(): Promise<TrainedModel> {
  const draws = openDraws(20_261_122)
  const embed = await openEmbedder()
  const examples = await embed(drawPosts(seenPatterns, 4_000, draws))
  const posts = drawPosts(unseenPatterns, 2_000, draws)
  const heldOut = await embed(posts)
  const linear = fitLogistic(examples, 200)
  return {
    name: 'moderation',
    onnx: denseOnnx({
      name: 'moderation',
      input: 'embedding',
      output: 'log_odds',
      network: { layers: [plainWeights(linear)] },
    }),
    run: (inputs) => runLinear(linear, inputs),
    heldOut,
    baselines: [
      { name: 'a list of words', scores: posts.map(({ text }) => countListedWords(text)) },
    ],
    measures: [
      { name: 'area under the ROC curve', of: areaUnderCurve },
      { name: 'right at 0', of: (judged) => accuracyAt(judged, 0) },
    ],
  }
}

async function openEmbedder(): Promise<(posts: readonly Post[]) => Promise<readonly Example[]>> {
  const folder = join(import.meta.dirname, '../../models/vouch-mini')
  const loaded = await loadModel(folder, { intraOpThreads: 1 })
  if (!loaded.ok) throw new Error(`${loaded.error.file}: ${loaded.error.detail}`)
  const vectorOf = openVectors(loaded.value)
  return async (posts) => {
    const examples: Example[] = []
    for (const { text, wanted } of posts) examples.push({ inputs: await vectorOf(text), wanted })
    return examples
  }
}

function openVectors(model: LanguageModel): (text: string) => Promise<readonly number[]> {
  const { decoder, config, embedding, tokenizer } = model
  if (embedding === undefined) throw new Error('vouch-mini makes vectors')
  const { signal } = new AbortController()
  return async (text) => {
    const tokens = tokenizer.encodeContent(text)
    const vector = await embedText({ decoder, config, embedding }, { tokens, dimensions }, signal)
    return [...(vector ?? [])]
  }
}

/** The same model without its scaling of the inputs. */
function plainWeights({ means, deviations, weights, offset }: LinearModel) {
  const plain = weights.map((weight, at) => weight / (deviations[at] ?? 1))
  const bias = plain.reduce((sum, weight, at) => sum - weight * (means[at] ?? 0), offset)
  return {
    inputs: plain.length,
    outputs: 1,
    weights: Float64Array.from(plain),
    biases: Float64Array.of(bias),
  }
}
