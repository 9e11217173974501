import { assert } from '../base/assert.ts'
import type { SamplingParameters } from '../engine/sample-token.ts'

/** What the sampler of docs/engine.md chooses from at one position, computed apart from the engine's own code. */
export type SamplingDistribution = {
  /** The likeliest token behind bias and penalties, the lowest id of equals. */
  readonly best: number
  /** Behind bias and penalties, before the temperature; -Infinity for what is never sampled. */
  readonly logits: Float64Array
  /** Of each token, adding up to 1: all on `best` at temperature 0, 0 outside of the nucleus. */
  readonly probabilities: Float64Array
}

export type SamplingPosition = {
  readonly logits: Float32Array
  readonly parameters: SamplingParameters
  /** How often each token stands in the answer before this position. */
  readonly sampledCounts: ReadonlyMap<number, number>
  readonly forbiddenTokens: readonly number[]
}

export function samplingDistribution(position: SamplingPosition): SamplingDistribution {
  const { temperature, topP } = position.parameters
  const logits = adjusted(position)
  let best = 0
  for (let tokenId = 1; tokenId < logits.length; tokenId += 1) {
    if ((logits[tokenId] ?? -Infinity) > (logits[best] ?? -Infinity)) best = tokenId
  }
  const bestLogit = logits[best] ?? Number.NaN
  assert(Number.isFinite(bestLogit), 'a model gives finite logits')
  const probabilities = new Float64Array(logits.length)
  if (temperature === 0) {
    probabilities[best] = 1
    return { best, logits, probabilities }
  }
  for (let tokenId = 0; tokenId < logits.length; tokenId += 1) {
    const logit = logits[tokenId] ?? Number.NaN
    probabilities[tokenId] = Math.exp((logit - bestLogit) / temperature)
  }
  if (topP < 1) keepNucleus(probabilities, topP)
  normalise(probabilities)
  return { best, logits, probabilities }
}

/**
 * How far the reference is from sampling `tokenId` itself with this draw: 0 where it does, towards 1 the
 * surer it is that it would not. At temperature 0 one less the ratio of the two likelihoods; else how far the draw lies outside of the
 * token's stretch of the cumulated mass. Arithmetic that rounds otherwise moves both by about what it
 * moves a probability by, so it makes small distances; another model makes large ones.
 */
export function drawDistance(
  distribution: SamplingDistribution,
  sampled: { readonly tokenId: number; readonly draw: number; readonly temperature: number },
): number {
  const { best, logits, probabilities } = distribution
  const { tokenId, draw, temperature } = sampled
  if (temperature === 0) {
    return 1 - Math.exp((logits[tokenId] ?? -Infinity) - (logits[best] ?? 0))
  }
  const own = probabilities[tokenId] ?? 0
  // What no draw would have taken is as far as can be, wherever the draw fell.
  if (own === 0) return 1
  let before = 0
  for (let at = 0; at < tokenId; at += 1) before += probabilities[at] ?? 0
  return Math.max(0, before - draw, draw - (before + own))
}

/** Surprise in nats, no more than `most`: at a token, and as it is to be expected of the distribution. */
export function surpriseAt(
  { probabilities }: SamplingDistribution,
  { tokenId, most }: { readonly tokenId: number; readonly most: number },
): { readonly surprise: number; readonly expected: number } {
  const surpriseOf = (probability: number): number => Math.min(most, -Math.log(probability))
  let expected = 0
  for (const probability of probabilities) {
    if (probability > 0) expected += probability * surpriseOf(probability)
  }
  return { surprise: surpriseOf(probabilities[tokenId] ?? 0), expected }
}

function adjusted(position: SamplingPosition): Float64Array {
  const { logitBias, presencePenalty, frequencyPenalty } = position.parameters
  const logits = Float64Array.from(position.logits)
  for (const [tokenId, bias] of logitBias) logits[tokenId] = (logits[tokenId] ?? 0) + bias
  for (const [tokenId, count] of position.sampledCounts) {
    logits[tokenId] = (logits[tokenId] ?? 0) - (presencePenalty + count * frequencyPenalty)
  }
  for (const tokenId of position.forbiddenTokens) logits[tokenId] = -Infinity
  return logits
}

function sumOf(masses: Float64Array): number {
  let sum = 0
  for (const mass of masses) sum += mass
  return sum
}

function normalise(masses: Float64Array): void {
  const total = sumOf(masses)
  for (let tokenId = 0; tokenId < masses.length; tokenId += 1) {
    masses[tokenId] = (masses[tokenId] ?? 0) / total
  }
}

/** Leaves the smallest set of greatest masses whose share reaches `topP`, the lower id first of equals. */
function keepNucleus(masses: Float64Array, topP: number): void {
  const total = sumOf(masses)
  const massOf = (tokenId: number): number => masses[tokenId] ?? 0
  // What all together is less than the nucleus may leave out need not be sorted.
  const negligible = ((1 - topP) * total) / masses.length
  const order: number[] = []
  for (let tokenId = 0; tokenId < masses.length; tokenId += 1) {
    if (massOf(tokenId) >= negligible) order.push(tokenId)
  }
  order.sort((a, b) => massOf(b) - massOf(a) || a - b)
  const kept = new Float64Array(masses.length)
  let reached = 0
  for (const [rank, tokenId] of order.entries()) {
    if (rank > 0 && reached >= topP * total) break
    kept[tokenId] = massOf(tokenId)
    reached += massOf(tokenId)
  }
  masses.set(kept)
}
