/*
 * Another signing key in the place of the one that is in use. Which phase is next shows from what lies in the folder and on the
 * chain, so a run that was killed anywhere is continued by the next one:
 *
 *   signing.next.key is there       it is registered, if it is not yet, and takes the place of signing.key,
 *                                   which stays as signing.previous.key
 *   signing.previous.key is there   when no running job will be signed with it any more it is revoked and removed
 */
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ok } from '../base/result.ts'
import type { ContributorStanding } from '../chain/contributor-registration.ts'
import { addKeySteps, type OperatorStep, revokeKeySteps } from '../chain/operator-steps.ts'
import { type PrivateKey, randomPrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { agentPollMs } from '../contributor/limits.ts'
import type { Address } from '../domain/units.ts'
import { writeDurably } from './channel-file.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { lastWorkedAtMs, letKeyRest } from './contributor-key-rest.ts'
import type { ContributorOptions } from './contributor-options.ts'
import {
  type ContributorPlace,
  checkChain,
  lookAtStanding,
  type OwnKeys,
  openPlace,
  ownAccount,
  readOwnKeys,
  tellAgent,
} from './contributor-place.ts'
import { agreeToSteps, orStepsFailure, takeOwnSteps } from './contributor-steps.ts'
import type { OperatorAccount } from './operator-account.ts'

export async function rotateSigningKey(
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const place = openPlace(options)
  await checkChain(place)
  const account = await ownAccount(place, options, surroundings.terminal)
  const keys = await beginOrContinue(place, surroundings)
  await agree({ place, keys, options }, surroundings)
  const rotation: Rotation = { place, account, surroundings }
  if (keys.next !== undefined) {
    // Only what was agreed to is begun. A new key is on the disk before it is registered.
    writeDurably(place.paths.nextSigningKey, `${keys.next}\n`)
    await register(rotation, addressOfPrivateKey(keys.next))
    takePlace(place)
  }
  const { current, previous } = await readOwnKeys(place)
  if (current === undefined) throw lostKey(place)
  const usedAtMs = await putToUse(rotation, addressOfPrivateKey(current))
  if (previous !== undefined) {
    await letKeyRest(place, usedAtMs, surroundings)
    await retire(rotation, addressOfPrivateKey(previous))
  }
  report(surroundings, options, {
    lines: [`work is signed with ${addressOfPrivateKey(current)} from now on`],
    value: {
      object: 'vouch.contributor_rotation',
      signing_address: addressOfPrivateKey(current),
      revoked: previous === undefined ? null : addressOfPrivateKey(previous),
    },
  })
  return 0
}

type Rotation = {
  readonly place: ContributorPlace
  readonly account: OperatorAccount
  readonly surroundings: PayerSurroundings
}

const lostKey = ({ paths }: ContributorPlace): CommandFailure =>
  new CommandFailure(`${paths.signingKey} is not there: bring back a copy of it`)

/** A rotation that was begun is ended before another one begins. */
async function beginOrContinue(
  place: ContributorPlace,
  { terminal }: PayerSurroundings,
): Promise<OwnKeys> {
  const keys = await readOwnKeys(place)
  if (keys.current === undefined) throw lostKey(place)
  if (keys.next !== undefined || keys.previous !== undefined) {
    terminal.printError('an earlier run began to rotate the key: it is continued')
    return keys
  }
  return { ...keys, next: randomPrivateKey() }
}

/** Both transactions are shown at once, though some time may lie between them. */
async function agree(
  own: {
    readonly place: ContributorPlace
    readonly keys: OwnKeys
    readonly options: ContributorOptions
  },
  surroundings: PayerSurroundings,
): Promise<void> {
  const { place, keys, options } = own
  const addresses = [keys.current, keys.next, keys.previous].map(addressOrNone)
  const [current, next, previous] = addresses
  const standing = orFail(
    await lookAtStanding(
      place,
      addresses.filter((key) => key !== undefined),
    ),
  )
  const outgoing = previous ?? current
  const added = next === undefined ? [] : orStepsFailure(addKeySteps(standing, next))
  const revoked = outgoing === undefined ? [] : revokeKeySteps(standing, [outgoing])
  const steps: readonly OperatorStep[] = [...added, ...revoked]
  const question = 'Rotate the signing key?'
  await agreeToSteps(place, { standing, steps, question }, options, surroundings)
}

const addressOrNone = (key: PrivateKey | undefined): Address | undefined =>
  key && addressOfPrivateKey(key)

async function register({ place, account, surroundings }: Rotation, key: Address): Promise<void> {
  await takeOwnSteps(
    place,
    {
      account,
      look: () => lookAtStanding(place, [key]),
      stepsLeft: (standing: ContributorStanding) => addKeySteps(standing, key),
    },
    surroundings,
  )
}

/** At each moment signing.key is one of the two, whole: an agent may start at any. */
function takePlace({ paths }: ContributorPlace): void {
  try {
    linkSync(paths.signingKey, paths.previousSigningKey)
  } catch (error) {
    // A run that was killed right here has kept the outgoing key already.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  renameSync(paths.nextSigningKey, paths.signingKey)
  const folder = openSync(dirname(paths.signingKey), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/**
 * An agent that runs joins with the new key. Resolves when no job is left whose Work the former one signs, with the time at
 * which it may last have done so.
 */
async function putToUse(
  { place, surroundings }: Rotation,
  key: Address,
): Promise<number | undefined> {
  const { terminal, nowMs } = surroundings
  let status = await tellAgent(place, 'status')
  if (status === undefined) return lastWorkedAtMs(place)
  if (status.signingAddress !== key) status = await tellAgent(place, 'take-key')
  if (status?.signingAddress !== key) {
    throw new CommandFailure(
      'the agent did not take the new key: stop it, and run this again; both keys are registered, and nothing is lost',
    )
  }
  let told = 0
  while (status !== undefined && status.formerKeyInFlight > 0) {
    const { formerKeyInFlight } = status
    if (formerKeyInFlight !== told) {
      terminal.printError(`${formerKeyInFlight} job(s) are still signed with the former key`)
    }
    told = formerKeyInFlight
    await wait(agentPollMs)
    status = await tellAgent(place, 'status')
  }
  return nowMs()
}

async function retire({ place, account, surroundings }: Rotation, key: Address): Promise<void> {
  await takeOwnSteps(
    place,
    {
      account,
      look: () => lookAtStanding(place, [key]),
      stepsLeft: (standing: ContributorStanding) => ok(revokeKeySteps(standing, [key])),
    },
    surroundings,
  )
  rmSync(place.paths.previousSigningKey)
}
