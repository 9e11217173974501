import { isSamePrice, type TokenPrices } from '../domain/price-sheet.ts'
import { askBindsMs } from './agent-limits.ts'
import { type AgentParts, loadOf } from './agent-parts.ts'
import type { AgentLoad, AgentModel } from './agent-terms.ts'
import type { SignedEndpoint } from './asked-answer.ts'
import { askAt } from './price-curve.ts'

type Ask = { readonly atMs: number; readonly prices: TokenPrices }

/**
 * What was asked lately. A price that moved up is no reason to refuse a job that a gateway sent by the one before it, and a
 * gateway that pays less than any of them is one.
 */
export class AskedPrices {
  /** By model, each price once; the oldest first. There are no more of them than loads. */
  readonly #asks = new Map<string, Ask[]>()

  /** Prices for a report, which bind us for a while. */
  ask(model: AgentModel, load: AgentLoad, nowMs: number): TokenPrices {
    const prices = askNow(model, load)
    // The same ask again binds longer and is no other one: who asks us all the time makes us keep no more of them.
    const asks = this.#recent(model, nowMs).filter((ask) => !isSamePrice(ask.prices, prices))
    asks.push({ atMs: nowMs, prices })
    this.#asks.set(model.id, asks)
    return prices
  }

  /** Whether a job at these prices is work that we offered. Who asks the same whatever comes is not asked here. */
  accepts(
    model: AgentModel,
    offered: TokenPrices,
    now: { load: AgentLoad; nowMs: number },
  ): boolean {
    const asks = [
      ...this.#recent(model, now.nowMs).map(({ prices }) => prices),
      askNow(model, now.load),
    ]
    return asks.some(
      (ask) =>
        offered.promptAtomicPerMtok >= ask.promptAtomicPerMtok &&
        offered.cachedPromptAtomicPerMtok >= ask.cachedPromptAtomicPerMtok &&
        offered.completionAtomicPerMtok >= ask.completionAtomicPerMtok,
    )
  }

  #recent({ id }: AgentModel, nowMs: number): Ask[] {
    return (this.#asks.get(id) ?? []).filter(({ atMs }) => nowMs - atMs <= askBindsMs)
  }
}

/** Whether these prices are what we ask for an answer, or more. */
export function isEnough(
  parts: AgentParts,
  { model, endpoint }: { readonly model: AgentModel; readonly endpoint: SignedEndpoint },
  paid: TokenPrices,
): boolean {
  // An embedding is its prompt alone, and gateways buy it at the price that was joined with, whatever the load.
  if (endpoint === 'embeddings') return paysPrompt(model, paid)
  return parts.asked.accepts(model, paid, { load: loadOf(parts), nowMs: parts.terms.nowMs() })
}

const paysPrompt = ({ asks: { floor } }: AgentModel, paid: TokenPrices): boolean =>
  paid.promptAtomicPerMtok >= floor.promptAtomicPerMtok &&
  paid.cachedPromptAtomicPerMtok >= floor.cachedPromptAtomicPerMtok

/** What a model asks at a load. */
export const askNow = ({ asks }: AgentModel, { running, waiting, slots }: AgentLoad): TokenPrices =>
  askAt(asks, (running + waiting) / Math.max(1, slots))
