import type { RateWindowStore } from '../store/rate-window-store.ts'
import type { RouteRequest } from './filter-lanes.ts'
import type { Lane } from './lane.ts'
import { pickByTwoChoices } from './pick-lane.ts'
import { type Facts, factsOf, scoreAll } from './score-lanes.ts'
import type { Random } from './seeded-random.ts'

/**
 * All newcomers and all that recover share this part of the requests, however many they are: who registers a thousand
 * contributors gets no more of the traffic than who registers one.
 */
export const explorationShare = 0.05
/** After so many answers a newcomer is one of us. */
export const newcomerAnswers = 8

export type ChoiceView = {
  readonly windows: RateWindowStore
  readonly nowMs: number
  readonly random: Random
  /** Who answered this prompt's beginning last, and how much of it. */
  readonly prefixOwner: { readonly index: number; readonly share: number } | undefined
}

/** Whom to ask next of those who may be asked. Not for an empty list. */
export function chooseLane(
  eligible: readonly Lane[],
  request: RouteRequest,
  view: ChoiceView,
): Lane | undefined {
  if (eligible.length < 2) return eligible[0]
  const { preferences } = request
  const ordered = preferences?.order && firstInOrder(eligible, preferences.order)
  if (ordered !== undefined) return ordered
  const lanes = withBudgetOfExploration(eligible, view.random)
  if (lanes.length < 2) return lanes[0]
  const facts = lanes.map((lane) => {
    const { prefixOwner } = view
    const prefixShare = prefixOwner?.index === lane.station.index ? prefixOwner.share : 0
    return factsOf(lane, request, { ...view, prefixShare })
  })
  const { sort } = preferences ?? {}
  if (sort !== undefined) return lanes[bestBy(sort, lanes, facts)]
  return lanes[pickByTwoChoices(scoreAll(facts), view.random)]
}

function firstInOrder(eligible: readonly Lane[], order: readonly string[]): Lane | undefined {
  for (const id of order) {
    const lane = eligible.find(({ candidate }) => candidate.contributor.contributorId === id)
    if (lane !== undefined) return lane
  }
  return undefined
}

/** Whether it must show first, or again, that it answers. */
const isOnProbation = ({ station, health }: Lane): boolean =>
  health.breaker.phase !== 'closed' ||
  station.quarantine !== undefined ||
  (station.isNewcomer && health.answers < newcomerAnswers)

function withBudgetOfExploration(eligible: readonly Lane[], random: Random): readonly Lane[] {
  if (!eligible.some(isOnProbation)) return eligible
  const known = eligible.filter((lane) => !isOnProbation(lane))
  if (known.length === 0) return eligible
  if (random() >= explorationShare) return known
  const unknown = eligible.filter(isOnProbation)
  // Newcomers have no facts to compare; each gets the same part of the budget.
  return unknown.slice(Math.floor(random() * unknown.length)).slice(0, 1)
}

/** `sort` replaces the score: the one best by one measure, load left to the filters. Nothing known counts as the best. */
function bestBy(
  sort: 'price' | 'latency' | 'throughput',
  lanes: readonly Lane[],
  facts: readonly Facts[],
): number {
  const measures = lanes.map(({ health }, place) => {
    if (sort === 'price') return facts[place]?.price ?? 0
    return (sort === 'latency' ? health.firstToken : health.perToken).usualMs ?? 0
  })
  return measures.reduce(
    (best, measure, place) => (measure < (measures[best] ?? 0) ? place : best),
    0,
  )
}
