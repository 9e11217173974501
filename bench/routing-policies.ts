import { chooseLane } from '../src/routing/choose-lane.ts'
import type { Lane } from '../src/routing/lane.ts'

export type Policy = { readonly name: string; readonly create: () => typeof chooseLane }

const least = (lanes: readonly Lane[], measure: (lane: Lane) => number): Lane | undefined =>
  lanes.reduce<Lane | undefined>(
    (best, lane) => (best === undefined || measure(lane) < measure(best) ? lane : best),
    undefined,
  )

/**
 * Ours and what others do. All of them choose among the same filtered contributors, behind the same breakers, windows and
 * queue: only the choice differs.
 */
export const policies: readonly Policy[] = [
  { name: 'vouch', create: () => chooseLane },
  {
    name: 'round robin',
    create: () => {
      let last = -1
      return (eligible) => {
        const next =
          eligible.find(({ station }) => station.index > last) ?? least(eligible, indexOf)
        last = next?.station.index ?? -1
        return next
      }
    },
  },
  {
    name: 'cheapest first',
    create: () => (eligible, request) =>
      least(
        eligible,
        (lane) =>
          lane.promptPrice * request.promptTokensEstimate +
          lane.completionPrice * request.completionTokensEstimate,
      ),
  },
  {
    name: 'least busy',
    create: () => (eligible, _request, view) => {
      const inFlight = Math.min(...eligible.map(({ station }) => station.inFlight))
      const idlest = eligible.filter(({ station }) => station.inFlight === inFlight)
      return idlest[Math.floor(view.random() * idlest.length)]
    },
  },
]

const indexOf = ({ station }: Lane): number => station.index
