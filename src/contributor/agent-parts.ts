import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import type { AgentSlots } from './agent-slots.ts'
import type { AgentSpeed } from './agent-speed.ts'
import type { AgentTerms } from './agent-terms.ts'
import type { AskedPrices } from './asked-prices.ts'

/** What all jobs of one agent share. */
export type AgentParts = {
  readonly terms: AgentTerms
  readonly slots: AgentSlots
  /** Connections to the engine. */
  readonly pools: UpstreamPools
  readonly asked: AskedPrices
  readonly speed: AgentSpeed
}
