import { setTimeout as wait } from 'node:timers/promises'
import type { AgentStatus } from '../contributor/control-socket.ts'
import { leaveGateway } from '../contributor/join-gateway.ts'
import { agentPollMs } from '../contributor/limits.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import type { ContributorOptions } from './contributor-options.ts'
import {
  type ContributorPlace,
  joinedPlace,
  memberOf,
  openPlace,
  readOwnKeys,
  tellAgent,
} from './contributor-place.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'

/** `vouch contributor drain`: no new job from now on, and out of the pool when the last one has ended. */
export async function drainAgent(
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const place = openPlace(options)
  if (options.resume) return resumeAgent(place, options, surroundings)
  const asked = await tellAgent(place, 'drain')
  if (asked === undefined) return leaveByOwnOrder(place, options, surroundings)
  const status = options.wait ? await waitUntilDrained(place, asked, surroundings) : asked
  report(surroundings, options, {
    lines: [
      status.state === 'drained'
        ? `the agent has left ${place.file.gateway.origin} and works for nobody; 'vouch contributor drain --resume' brings it back`
        : `the agent takes no new job; ${status.inFlight} in flight are finished first`,
    ],
    value: { object: 'vouch.contributor_drain', ...status },
  })
  return 0
}

async function waitUntilDrained(
  place: ContributorPlace,
  asked: AgentStatus,
  { terminal }: PayerSurroundings,
): Promise<AgentStatus> {
  let status = asked
  let told = -1
  while (status.state !== 'drained') {
    if (status.inFlight !== told) terminal.printError(`${status.inFlight} in flight`)
    told = status.inFlight
    await wait(agentPollMs)
    const next = await tellAgent(place, 'status')
    if (next === undefined) throw new CommandFailure('the agent ended while it drained')
    if (next.state === 'serving') throw new CommandFailure('the agent was told to serve again')
    status = next
  }
  return status
}

async function resumeAgent(
  place: ContributorPlace,
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const status = await tellAgent(place, 'resume')
  if (status === undefined) throw new CommandFailure("no agent runs: 'vouch contribute' starts one")
  report(surroundings, options, {
    lines: ['the agent takes jobs again'],
    value: { object: 'vouch.contributor_drain', ...status },
  })
  return 0
}

/** Without an agent nothing is in flight: the gateway is told, and has nobody to wait for. */
async function leaveByOwnOrder(
  place: ContributorPlace,
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const { current } = await readOwnKeys(place)
  if (current === undefined) throw new CommandFailure('no agent runs, and there is no signing key')
  const left = orGatewayFailure(
    await leaveGateway(joinedPlace(place), memberOf(place, current, surroundings.nowMs())),
  )
  report(surroundings, options, {
    lines: [`no agent runs here; ${place.file.gateway.origin} was told that you left`],
    value: { object: 'vouch.contributor_drain', state: 'drained', gateway: left.state },
  })
  return 0
}
