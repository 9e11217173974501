import type { CapacityReport } from '../domain/capacity-report.ts'
import type { Usage } from '../domain/usage.ts'

/** Weight of the newest answer: about the last ten count. */
const newest = 0.2

/** How fast the engine is for one request, by the answers that passed. */
export class AgentSpeed {
  #prompt: number | undefined
  #completion: number | undefined

  get tokensPerSecond(): CapacityReport['tokensPerSecond'] {
    if (this.#prompt === undefined || this.#completion === undefined) return undefined
    return { prompt: this.#prompt, completion: this.#completion }
  }

  /** A stream shows both: what comes before its first content is the reading, what comes behind it the writing. */
  streamed(
    usage: Usage,
    at: { readonly askedMs: number; readonly firstMs: number; readonly lastMs: number },
  ): void {
    const readTokens = usage.promptTokens - usage.cachedPromptTokens
    this.#prompt = mean(this.#prompt, readTokens, at.firstMs - at.askedMs)
    // The first token was there when the writing began.
    this.#completion = mean(this.#completion, usage.completionTokens - 1, at.lastMs - at.firstMs)
  }
}

function mean(before: number | undefined, tokens: number, ms: number): number | undefined {
  if (tokens <= 0 || ms <= 0) return before
  const perSecond = (tokens * 1000) / ms
  const value = before === undefined ? perSecond : before + newest * (perSecond - before)
  return Math.round(value * 10) / 10
}
