/*
 * In and out of a gateway's pool, by the contributor's own signed orders.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../base/result.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import type { BillingFailure } from '../client/ask-gateway.ts'
import {
  askStanding,
  joinablePlaceOf,
  joinGateway,
  leaveGateway,
  type OfferedTerms,
} from '../contributor/join-gateway.ts'
import type { RemoteStanding } from '../contributor/joining-answers.ts'
import { readSecretFile } from '../contributor/secret-file.ts'
import { writeDurably } from './channel-file.ts'
import { CommandFailure } from './command.ts'
import { type Contribution, endpointsOf, slotsOf } from './contribute-agent.ts'
import { offeredModel } from './contribute-models.ts'

export type Standing = Result<RemoteStanding, BillingFailure>

/** Joins, or puts what is offered now in the place of what was before. */
export async function joinPool(
  contribution: Contribution,
  signingKey: PrivateKey,
): Promise<Standing> {
  const { met, options } = contribution
  const place = joinablePlaceOf(met.origin, met.terms)
  const apiKey = options.direct === undefined ? undefined : await doorSecret(options.folder)
  return joinGateway(
    place,
    { terms: termsOf(contribution), apiKey },
    memberOf(contribution, signingKey),
  )
}

export const leavePool = (contribution: Contribution, signingKey: PrivateKey): Promise<Standing> =>
  leaveGateway(
    joinablePlaceOf(contribution.met.origin, contribution.met.terms),
    memberOf(contribution, signingKey),
  )

export const lookAtStanding = (
  contribution: Contribution,
  signingKey: PrivateKey,
): Promise<Standing> =>
  askStanding(
    joinablePlaceOf(contribution.met.origin, contribution.met.terms),
    memberOf(contribution, signingKey),
  )

const memberOf = ({ file }: Contribution, signingKey: PrivateKey) => ({
  contributor: file.contributor,
  signingKey,
  nowMs: Date.now(),
})

function termsOf(contribution: Contribution): OfferedTerms {
  const { options, models, met, engine } = contribution
  const { direct, region } = options
  return {
    ...(direct !== undefined && { url: direct.publicUrl }),
    ...(region !== undefined && { region }),
    // Those that wait are the agent's to hold.
    limits: { concurrency: 2 * slotsOf(contribution) },
    models: models.map((model) => offeredModel(model, met, endpointsOf(engine.found))),
  }
}

/** What the gateway shows when it dials us: nobody else is served at an address that everybody can reach. */
export async function doorSecret(folder: string): Promise<string> {
  const path = join(folder, 'door.secret')
  if (!existsSync(path)) writeDurably(path, `${randomBytes(32).toString('base64url')}\n`)
  const secret = await readSecretFile(path)
  if (secret.ok) return secret.value
  throw new CommandFailure(secret.error)
}
