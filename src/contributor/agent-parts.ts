import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import type { AgentSlots } from './agent-slots.ts'
import type { AgentSpeed } from './agent-speed.ts'
import type { AgentLoad, AgentTerms } from './agent-terms.ts'
import type { AskedPrices } from './asked-prices.ts'
import type { EngineLoad } from './engine-load.ts'

/** What all jobs of one agent share. */
export type AgentParts = {
  readonly terms: AgentTerms
  readonly slots: AgentSlots
  /** Connections to the engine. */
  readonly pools: UpstreamPools
  readonly asked: AskedPrices
  readonly speed: AgentSpeed
  readonly engineLoad: EngineLoad
}

/** With the requests of others that the engine has, as far as it tells. */
export function loadOf({ slots, engineLoad }: AgentParts): AgentLoad {
  const own = slots.load
  const { running, waiting } = engineLoad.others
  return { running: own.running + running, waiting: own.waiting + waiting, slots: own.slots }
}
