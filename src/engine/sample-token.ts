import { assert } from '../base/assert.ts'

/** What decides a token besides the model: OpenAI's parameters under OpenAI's names and ranges. */
export type SamplingParameters = {
  /** 0 … 2; 0 takes the most probable token. */
  readonly temperature: number
  /** 0 … 1: the smallest set of most probable tokens whose mass reaches this. */
  readonly topP: number
  readonly presencePenalty: number
  readonly frequencyPenalty: number
  /** Added to the logits of single tokens, -100 … 100. */
  readonly logitBias: ReadonlyMap<number, number>
}

export type TokenLogprob = { readonly tokenId: number; readonly logprob: number }

export type SampledLogprobs = {
  readonly logprob: number
  /** The most probable tokens, best first; not longer than what was asked for. */
  readonly top: readonly TokenLogprob[]
}

type Choice = {
  /** One finite number a token of the vocabulary. */
  readonly logits: Float32Array
  readonly parameters: SamplingParameters
  /** How often each token was sampled so far in this answer. */
  readonly sampledCounts: ReadonlyMap<number, number>
  /** Tokens that are never an answer: the marks of the prompt template. */
  readonly forbiddenTokens: readonly number[]
  /** Uniform in [0, 1), see uniform-draw.ts. */
  readonly draw: number
}

/**
 * Chooses one token. In this order: bias and penalties change the logits, temperature divides them,
 * softmax, `topP` keeps the nucleus, and the draw falls into the nucleus' cumulated mass taken in
 * ascending token order. All in doubles and in one order of additions, so that the same logits and
 * draw give the same token wherever `exp` rounds alike (V8 brings its own).
 */
export function sampleToken(choice: Choice): number {
  const { temperature, topP } = choice.parameters
  const logits = adjustedLogits(choice)
  const best = mostProbable(logits)
  const bestLogit = logits[best] ?? Number.NaN
  assert(Number.isFinite(bestLogit), 'a model gives finite logits')
  if (temperature === 0) return best

  // Plain loops from here on: at sixteen answers at once this is run thousands of times a second.
  const masses = new Float64Array(logits.length)
  let total = 0
  for (let tokenId = 0; tokenId < logits.length; tokenId += 1) {
    const mass = Math.exp(((logits[tokenId] ?? Number.NaN) - bestLogit) / temperature)
    masses[tokenId] = mass
    total += mass
  }
  const nucleus = topP < 1 ? nucleusOf({ masses, total, topP }) : undefined
  return drawFrom({ masses, nucleus, draw: choice.draw })
}

/**
 * Log-probabilities as the model gave them: natural logarithm of the softmax at temperature 1,
 * before bias and penalties, so that they say what the model thought of the token and not what the
 * request made of it.
 */
export function logprobsOf(
  logits: Float32Array,
  asked: { readonly tokenId: number; readonly topCount: number },
): SampledLogprobs {
  // Plain loops: every token of a signed answer comes here, and an iterator costs as much as the rest.
  const { length } = logits
  let best = -Infinity
  for (let tokenId = 0; tokenId < length; tokenId += 1) {
    const logit = logits[tokenId] ?? -Infinity
    if (logit > best) best = logit
  }
  let sum = 0
  for (let tokenId = 0; tokenId < length; tokenId += 1) {
    sum += Math.exp((logits[tokenId] ?? -Infinity) - best)
  }
  const logNormaliser = best + Math.log(sum)
  const logprobOf = (tokenId: number): number => (logits[tokenId] ?? Number.NaN) - logNormaliser
  return {
    logprob: logprobOf(asked.tokenId),
    top: highestTokens(logits, asked.topCount).map((tokenId) => ({
      tokenId,
      logprob: logprobOf(tokenId),
    })),
  }
}

function adjustedLogits(choice: Choice): Float64Array {
  const { logitBias, presencePenalty, frequencyPenalty } = choice.parameters
  const logits = Float64Array.from(choice.logits)
  const add = (tokenId: number, amount: number): void => {
    logits[tokenId] = (logits[tokenId] ?? Number.NaN) + amount
  }
  for (const [tokenId, bias] of logitBias) add(tokenId, bias)
  for (const [tokenId, count] of choice.sampledCounts) {
    add(tokenId, -(presencePenalty + count * frequencyPenalty))
  }
  for (const tokenId of choice.forbiddenTokens) logits[tokenId] = -Infinity
  return logits
}

/** The lowest of the token ids that share the highest logit, so that a tie has one answer. */
function mostProbable(logits: Float64Array): number {
  let best = 0
  for (let tokenId = 1; tokenId < logits.length; tokenId += 1) {
    if ((logits[tokenId] ?? -Infinity) > (logits[best] ?? -Infinity)) best = tokenId
  }
  return best
}

/**
 * Token ids, ascending, of the smallest set of most probable tokens whose share of the mass is at
 * least `topP`.
 */
function nucleusOf(mass: {
  readonly masses: Float64Array
  readonly total: number
  readonly topP: number
}): number[] {
  const { masses, total, topP } = mass
  const massOf = (tokenId: number): number => masses[tokenId] ?? 0
  // Tokens below this share cannot all together fill what topP leaves out, so none of them is in
  // the nucleus: the sort sees a few dozen tokens instead of the vocabulary.
  const negligible = ((1 - topP) * total) / masses.length
  const candidates: number[] = []
  for (let tokenId = 0; tokenId < masses.length; tokenId += 1) {
    if (massOf(tokenId) >= negligible) candidates.push(tokenId)
  }
  candidates.sort((one, other) => massOf(other) - massOf(one) || one - other)
  let reached = 0
  let size = 0
  while (size < candidates.length && (size === 0 || reached < topP * total)) {
    reached += massOf(candidates[size] ?? 0)
    size += 1
  }
  return candidates.slice(0, size).sort((one, other) => one - other)
}

/** `nucleus` has token ids, ascending; undefined for all of them. */
function drawFrom(from: {
  readonly masses: Float64Array
  readonly nucleus: readonly number[] | undefined
  readonly draw: number
}): number {
  const { masses, nucleus } = from
  const count = nucleus?.length ?? masses.length
  const tokenAt = (at: number): number => (nucleus === undefined ? at : (nucleus[at] ?? 0))
  let total = 0
  for (let at = 0; at < count; at += 1) total += masses[tokenAt(at)] ?? 0
  const target = from.draw * total
  let reached = 0
  let chosen = -1
  for (let at = 0; at < count && !(reached > target); at += 1) {
    const mass = masses[tokenAt(at)] ?? 0
    if (mass === 0) continue
    chosen = tokenAt(at)
    reached += mass
  }
  assert(chosen >= 0, 'a nucleus holds at least one token')
  return chosen
}

/** The `count` highest tokens, highest first, the lower id first where two are equal. */
function highestTokens(logits: Float32Array, count: number): number[] {
  const logitOf = (tokenId: number | undefined): number => logits[tokenId ?? -1] ?? -Infinity
  const { length } = logits
  const highest: number[] = []
  // What a token must be above to be among them: nearly all fail at this one comparison.
  let least = Number.NEGATIVE_INFINITY
  for (let tokenId = 0; tokenId < length && count > 0; tokenId += 1) {
    const logit = logits[tokenId] ?? -Infinity
    if (highest.length === count && logit <= least) continue
    let at = highest.length
    while (at > 0 && logit > logitOf(highest[at - 1])) at -= 1
    highest.splice(at, 0, tokenId)
    if (highest.length > count) highest.pop()
    least = logitOf(highest.at(-1))
  }
  return highest
}
