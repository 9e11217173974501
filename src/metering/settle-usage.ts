import { type MeteredUsage, noUsage, type Usage, type UsageSource } from '../domain/usage.ts'

/** What we know of an answer without the engine's word. */
export type Observed = {
  /** The prompt's tokens as counted here; undefined without this model's tokenizer. */
  readonly promptTokensCounted: number | undefined
  /** The completion's tokens as counted here; undefined without this model's tokenizer. */
  readonly completionTokensCounted: number | undefined
  readonly promptTokensMax: number
  readonly messageCount: number
  /** UTF-8 bytes of everything the model wrote: no byte-level tokenizer makes more tokens of it, but for `spareTokens`. */
  readonly completionBytes: number
}

/** End-of-text and tool-call markers, which are generated but not seen as text. */
const spareTokens = 8
/** Sampled text need not be split as the tokenizer would split it: an honest engine may report somewhat more. */
const toleranceRatio = 1.25
/** Bytes for a token where no tokenizer is known: the usual mean of English text. */
const bytesPerToken = 4

/** The most completion tokens that can be charged for so many bytes of an answer. */
export const completionTokensAtMost = (completionBytes: number): number =>
  completionBytes + spareTokens

/** The other way round: bytes of an answer that so many tokens certainly pay for. Negative where they pay for none. */
export const completionBytesFor = (completionTokens: number): number =>
  completionTokens - spareTokens

/**
 * The usage that is charged: the engine's report where it is within what the answer can hold, else our own count. An
 * engine cannot raise its pay by reporting more than it produced; it may report less.
 */
export function settleUsage(reported: Usage | undefined, observed: Observed): MeteredUsage {
  if (observed.completionBytes === 0 && (reported?.completionTokens ?? 0) <= spareTokens) {
    // Nothing was produced. The prompt alone is never charged.
    return { ...noUsage, promptTokens: reported?.promptTokens ?? 0, source: 'reported' }
  }
  const own = countedUsage(observed)
  if (reported === undefined) return { ...own, source: 'counted' }
  const completionCeiling = ceiling(observed.completionTokensCounted, observed.completionBytes)
  const credible =
    reported.completionTokens <= completionCeiling &&
    reported.promptTokens <= promptCeilingOf(observed)
  return credible
    ? { ...reported, source: 'reported' }
    : { ...atMost(reported, own), source: 'corrected' }
}

/**
 * The usage of a stream that its contributor vouched for as far as a checkpoint: what it counted until there, and what came
 * since by its bytes alone, if our own count is not less.
 */
export function atMostVouched(
  usage: MeteredUsage,
  vouched: { readonly completionTokens: number; readonly bytesSince: number },
): MeteredUsage {
  const { completionTokens, bytesSince } = vouched
  const most = completionTokens + Math.ceil(bytesSince / bytesPerToken)
  return usage.completionTokens <= most ? usage : { ...usage, completionTokens: most }
}

/** What we know of an answer that is counted in units, such as images or the vectors of an embedding. */
export type ObservedUnits = {
  /** Seen in the answer, or what it says of itself where that cannot be seen. */
  readonly units: number
  /** No answer has more of them. */
  readonly unitsMax: number
  /** How `units` are known. */
  readonly source: UsageSource
  readonly promptTokensCounted: number | undefined
  readonly promptTokensMax: number
  readonly promptCount: number
}

/**
 * The usage of such an answer. The contributor's word counts for the prompt's tokens as far as the prompt can have them,
 * and for units where it is less than what we saw: a Work is never charged beyond what it says.
 */
export function settleUnits(reported: Usage | undefined, observed: ObservedUnits): MeteredUsage {
  const { unitsMax, promptTokensCounted, promptTokensMax } = observed
  const units = Math.min(observed.units, unitsMax, reported?.completionTokens ?? unitsMax)
  if (units === 0) return { ...noUsage, source: 'counted' }
  const ownPrompt = promptTokensCounted ?? Math.ceil(promptTokensMax / bytesPerToken)
  if (reported === undefined) {
    return { ...noUsage, promptTokens: ownPrompt, completionTokens: units, source: 'counted' }
  }
  const promptCeiling = promptCeilingOf({ ...observed, messageCount: observed.promptCount })
  const isCredible = reported.promptTokens <= promptCeiling
  const promptTokens = isCredible
    ? reported.promptTokens
    : Math.min(reported.promptTokens, ownPrompt)
  return {
    promptTokens,
    cachedPromptTokens: Math.min(reported.cachedPromptTokens, promptTokens),
    completionTokens: units,
    reasoningTokens: 0,
    source: isCredible && reported.completionTokens <= units ? observed.source : 'corrected',
  }
}

const promptCeilingOf = ({
  promptTokensCounted,
  promptTokensMax,
  messageCount,
}: Pick<Observed, 'promptTokensCounted' | 'promptTokensMax' | 'messageCount'>): number =>
  promptTokensCounted === undefined
    ? promptTokensMax
    : promptTokensCounted * toleranceRatio + (messageCount + 1) * spareTokens

const ceiling = (counted: number | undefined, bytes: number): number =>
  counted === undefined ? completionTokensAtMost(bytes) : counted * toleranceRatio + spareTokens

/** The own count, each figure only as far as the report goes beyond it. */
function atMost(reported: Usage, own: Usage): Usage {
  const promptTokens = Math.min(reported.promptTokens, own.promptTokens)
  const completionTokens = Math.min(reported.completionTokens, own.completionTokens)
  return {
    promptTokens,
    cachedPromptTokens: Math.min(reported.cachedPromptTokens, promptTokens),
    completionTokens,
    reasoningTokens: Math.min(reported.reasoningTokens, completionTokens),
  }
}

function countedUsage(observed: Observed): Usage {
  const completionTokens =
    // By its bytes alone: a stream must not cost more than the same words in one piece.
    observed.completionTokensCounted ?? Math.ceil(observed.completionBytes / bytesPerToken)
  const promptTokens =
    observed.promptTokensCounted ?? Math.ceil(observed.promptTokensMax / bytesPerToken)
  return { ...noUsage, promptTokens, completionTokens }
}
