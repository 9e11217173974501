import type { Contributor, Offer } from '../domain/contributor.ts'

/** One way to serve a model: a contributor and its offer. */
export type Candidate = { readonly contributor: Contributor; readonly offer: Offer }

type Health = { inFlight: number; restsUntilMs: number; failures: number }

/** After this many failures in a row a contributor rests, doubling from the first to the longest rest. */
const failuresBeforeRest = 2
const firstRestMs = 1_000
const longestRestMs = 60_000

/** Who may be asked, how busy they are and who rests after failing. One per gateway process. */
export class ContributorPool {
  readonly #contributors: readonly Contributor[]
  readonly #byModel = new Map<string, Candidate[]>()
  readonly #health = new Map<string, Health>()

  constructor(contributors: readonly Contributor[]) {
    this.#contributors = contributors
    for (const contributor of contributors) {
      this.#health.set(contributor.contributorId, { inFlight: 0, restsUntilMs: 0, failures: 0 })
      for (const offer of contributor.offers) {
        const candidates = this.#byModel.get(offer.modelName) ?? []
        candidates.push({ contributor, offer })
        this.#byModel.set(offer.modelName, candidates)
      }
    }
  }

  get contributors(): readonly Contributor[] {
    return this.#contributors
  }

  /** Everyone who offers a model, resting or not; empty when nobody does. */
  candidates(modelName: string): readonly Candidate[] {
    return this.#byModel.get(modelName) ?? []
  }

  /** One representative offer for each model, in the order of configuration. */
  models(): readonly Offer[] {
    return [...this.#byModel.values()].flatMap(([first]) => (first ? [first.offer] : []))
  }

  inFlight(contributorId: string): number {
    return this.#health.get(contributorId)?.inFlight ?? 0
  }

  rests(contributorId: string, nowMs: number): boolean {
    return (this.#health.get(contributorId)?.restsUntilMs ?? 0) > nowMs
  }

  started(contributorId: string): void {
    const health = this.#health.get(contributorId)
    if (health !== undefined) health.inFlight += 1
  }

  /** A finished attempt. A caller's own fault (a rejected request) is not the contributor's failure. */
  ended(contributorId: string, outcome: 'served' | 'failed' | 'rejected', nowMs: number): void {
    const health = this.#health.get(contributorId)
    if (health === undefined) return
    health.inFlight -= 1
    if (outcome === 'rejected') return
    if (outcome === 'served') {
      health.failures = 0
      return
    }
    health.failures += 1
    const doublings = health.failures - failuresBeforeRest
    if (doublings >= 0) {
      health.restsUntilMs = nowMs + Math.min(firstRestMs * 2 ** doublings, longestRestMs)
    }
  }

  /** Rests a contributor for as long as it asked (Retry-After). */
  rest(contributorId: string, restMs: number, nowMs: number): void {
    const health = this.#health.get(contributorId)
    if (health !== undefined) health.restsUntilMs = Math.max(health.restsUntilMs, nowMs + restMs)
  }
}
