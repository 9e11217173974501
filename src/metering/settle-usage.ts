import { type MeteredUsage, noUsage, type Usage } from '../domain/usage.ts'

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
  /** Content events of a stream; each is at least one token. 0 for an answer in one piece. */
  readonly completionEvents: number
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
  const promptCeiling =
    observed.promptTokensCounted === undefined
      ? observed.promptTokensMax
      : observed.promptTokensCounted * toleranceRatio + (observed.messageCount + 1) * spareTokens
  const credible =
    reported.completionTokens <= completionCeiling && reported.promptTokens <= promptCeiling
  return credible
    ? { ...reported, source: 'reported' }
    : { ...atMost(reported, own), source: 'corrected' }
}

/**
 * The usage of an answer that is counted in units, such as images or the vectors of an embedding. Units are seen here, so
 * only the prompt's tokens rest on the contributor's word, as far as the prompt can have them.
 */
export function settleUnits(
  reported: Usage | undefined,
  observed: { readonly units: number; readonly promptTokensMax: number },
): MeteredUsage {
  const { units, promptTokensMax } = observed
  if (units === 0) return { ...noUsage, source: 'counted' }
  const own = Math.ceil(promptTokensMax / bytesPerToken)
  const credible = reported === undefined || reported.promptTokens <= promptTokensMax
  const promptTokens = credible ? (reported?.promptTokens ?? own) : own
  const source = reported === undefined ? 'counted' : credible ? 'reported' : 'corrected'
  return { ...noUsage, promptTokens, completionTokens: units, source }
}

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
    observed.completionTokensCounted ??
    Math.max(observed.completionEvents, Math.ceil(observed.completionBytes / bytesPerToken))
  const promptTokens =
    observed.promptTokensCounted ?? Math.ceil(observed.promptTokensMax / bytesPerToken)
  return { ...noUsage, promptTokens, completionTokens }
}
