/*
 * Out of the registry with everything that is at stake: keys revoked, stake on its way, and, when the registry's delay is over,
 * back in the account. Run again at any time: it does what can be done then.
 */
import { existsSync, rmSync } from 'node:fs'
import { ok, type Result } from '../base/result.ts'
import type { ContributorStanding } from '../chain/contributor-registration.ts'
import {
  cancelSteps,
  type OperatorStep,
  type StepObstacle,
  unbondingSteps,
  withdrawalSteps,
} from '../chain/operator-steps.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import type { AgentStatus } from '../contributor/control-socket.ts'
import { leaveGateway, saysNotJoined } from '../contributor/join-gateway.ts'
import type { Address } from '../domain/units.ts'
import { readOwnKey } from './channel-file.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { lastWorkedAtMs, letKeyRest } from './contributor-key-rest.ts'
import type { ContributorOptions } from './contributor-options.ts'
import {
  addressesOf,
  amountsOf,
  type ContributorPlace,
  checkChain,
  joinedPlace,
  lookAtStanding,
  memberOf,
  openPlace,
  ownAccount,
  readOwnKeys,
  tellAgent,
} from './contributor-place.ts'
import { agreeToSteps, orStepsFailure, takeOwnSteps } from './contributor-steps.ts'

export async function unstake(
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const place = openPlace(options)
  await checkChain(place)
  const keys = await readOwnKeys(place)
  const signingKeys = [...new Set([...addressesOf(keys), ...options.signingKeys])]
  const look = () => lookAtStanding(place, signingKeys)
  const before = orFail(await look())
  const to = options.to ?? place.file.contributor
  const aim = aimOf(before, options)
  const stepsLeft = (standing: ContributorStanding) => stepsOf(standing, aim, to)
  const steps = orStepsFailure(stepsLeft(before))
  if (steps.length > 0) {
    const drained = aim === 'leave' ? await refuseWhileServing(place) : undefined
    const question = questionOf(before, aim)
    await agreeToSteps(place, { standing: before, steps, question }, options, surroundings)
    if (aim === 'leave') {
      if (drained === undefined) await leaveIfJoined(place, surroundings)
      if (before.activeKeys > 0) await letKeyRest(place, lastWorkedAtMs(place), surroundings)
    }
  }
  const account = await ownAccount(place, options, surroundings.terminal)
  const after = await takeOwnSteps(place, { account, look, stepsLeft }, surroundings)
  await removeRevokedKeys(place, after)
  report(surroundings, options, outcomeOf({ before, after, aim, to }))
  return 0
}

type Aim = 'leave' | 'withdraw' | 'cancel'

/** What is due comes first, alone: letting more go would begin the delay anew for all of it. */
const aimOf = (standing: ContributorStanding, { cancel }: ContributorOptions): Aim => {
  if (cancel) return 'cancel'
  return withdrawalSteps(standing, standing.account).length > 0 ? 'withdraw' : 'leave'
}

function stepsOf(
  standing: ContributorStanding,
  aim: Aim,
  to: Address,
): Result<readonly OperatorStep[], StepObstacle> {
  if (standing.state === 'unregistered') return ok([])
  switch (aim) {
    case 'cancel':
      return ok(cancelSteps(standing))
    case 'withdraw':
      return ok(withdrawalSteps(standing, to))
    case 'leave':
      return unbondingSteps(standing)
  }
}

function questionOf({ asset, stake, terms, unbonding }: ContributorStanding, aim: Aim): string {
  const amount = amountsOf(asset)
  if (aim === 'cancel') return `Put ${amount(unbonding)} back at stake?`
  if (aim === 'withdraw') return `Withdraw ${amount(unbonding)}?`
  const also = unbonding > 0n ? `, and with it the ${amount(unbonding)} that is on its way` : ''
  return `Revoke all keys and let ${amount(stake)} go? It can be withdrawn ${daysOf(terms.unbondingDelayS)} later${also}.`
}

const daysOf = (seconds: number): string => `${Math.round(seconds / 8_640) / 10} days`

/** Work that is signed after the key is revoked is paid by nobody. Undefined where no agent runs. */
async function refuseWhileServing(place: ContributorPlace): Promise<AgentStatus | undefined> {
  const status = await tellAgent(place, 'status')
  if (status === undefined || status.state === 'drained') return status
  throw new CommandFailure(
    `the agent works (${status.state}, ${status.inFlight} in flight): run 'vouch contributor drain' first`,
  )
}

/** A courtesy: a gateway that is not told sees by the registry that the keys are revoked. */
async function leaveIfJoined(
  place: ContributorPlace,
  { nowMs, terminal }: PayerSurroundings,
): Promise<void> {
  const { current } = await readOwnKeys(place)
  if (current === undefined) return
  const left = await leaveGateway(joinedPlace(place), memberOf(place, current, nowMs()))
  if (!left.ok && saysNotJoined(left.error)) return
  terminal.printError(
    left.ok
      ? `${place.file.gateway.origin} was told that you leave`
      : `${place.file.gateway.origin} could not be told that you leave; it will see it on the chain`,
  )
}

/** The registry never takes a revoked key again: the next 'vouch contribute' makes another one. */
async function removeRevokedKeys(
  { paths }: ContributorPlace,
  { keys }: ContributorStanding,
): Promise<void> {
  for (const path of [paths.signingKey, paths.nextSigningKey, paths.previousSigningKey]) {
    if (!existsSync(path)) continue
    const key = addressOfPrivateKey(await readOwnKey(path))
    const isRevoked = keys.some((known) => known.key === key && known.state === 'revoked')
    if (isRevoked) rmSync(path)
  }
}

function outcomeOf(told: {
  readonly before: ContributorStanding
  readonly after: ContributorStanding
  readonly aim: Aim
  readonly to: Address
}): { readonly lines: readonly string[]; readonly value: Readonly<Record<string, unknown>> } {
  const { before, after, aim, to } = told
  const { asset, stake, unbonding, withdrawableAtS } = after
  const amount = amountsOf(asset)
  const withdrawn = aim === 'withdraw' && unbonding === 0n
  const lines = [
    ...(stake > 0n ? [`${amount(stake)} is at stake`] : []),
    ...(withdrawn ? [`${amount(before.unbonding)} was withdrawn to ${to}`] : []),
    ...(withdrawableAtS === undefined
      ? []
      : [
          `${amount(unbonding)} is on its way: run 'vouch contributor unstake' again after ${new Date(withdrawableAtS * 1000).toISOString()}; until then it can be slashed for what was signed before`,
        ]),
  ]
  return {
    lines: lines.length === 0 ? ['nothing is at stake'] : lines,
    value: {
      object: 'vouch.contributor_unstake',
      stake: String(stake),
      unbonding: String(unbonding),
      withdrawable_at: withdrawableAtS ?? null,
      withdrawn: String(withdrawn ? before.unbonding : 0n),
      asset,
    },
  }
}
