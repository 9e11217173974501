/*
 * What the operator asks of a running gateway and orders. It writes into the store of contributors what vouch.yaml would say
 * of them, so that every gateway on that store follows; what stands in the file is changed in the file.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { err, ok, type Result } from '../base/result.ts'
import type { Offer } from '../domain/contributor.ts'
import type {
  ContributorKeeper,
  EntryFields,
  KeepingFailure,
} from '../joining/contributor-keeper.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'
import { type ContributorView, contributorViews, type ViewDeps } from './contributor-views.ts'

type Viewed = Result<ContributorView, KeepingFailure>

export type AdminDoor = {
  readonly isAdmin: (authorization: string | undefined) => boolean
  readonly contributors: () => readonly ContributorView[]
  readonly contributor: (contributorId: string) => Viewed
  /** Adds one, or puts it in the place of the one with the same URL and id. */
  readonly add: (entry: EntryFields) => Promise<Viewed>
  readonly change: (contributorId: string, change: EntryFields) => Promise<Viewed>
  /** No new request from now on, on any gateway; what is under way there ends. */
  readonly drain: (contributorId: string) => Promise<Viewed>
  /** The operator's word that it is well: not drained, and nothing is held against it. */
  readonly readmit: (contributorId: string) => Promise<Viewed>
  /** A lent key may be used. */
  readonly approve: (contributorId: string) => Promise<Viewed>
  /** Drains it and forgets it, its key too. Answers what it was. */
  readonly remove: (contributorId: string) => Promise<Viewed>
  /** Each model with how many contributors serve it. */
  readonly models: () => readonly { readonly offer: Offer; readonly contributors: number }[]
  /** The configuration without its secrets. */
  readonly config: () => unknown
  /** Reads the configuration file again. Answers what changed. */
  readonly reload: () => Promise<Result<unknown, KeepingFailure>>
}

export type AdminDeps = ViewDeps & {
  /** sha256 of the admin token, hex. */
  readonly tokenHash: string
  readonly keeper: ContributorKeeper
  readonly pool: Pick<ContributorPool, 'models' | 'contributors'>
  readonly config: () => unknown
  readonly reload: () => Promise<Result<unknown, string>>
}

export function createAdminDoor(deps: AdminDeps): AdminDoor {
  const { keeper, pool } = deps
  const contributor = (contributorId: string): Viewed => {
    const view = contributorViews(deps).find((one) => one.contributorId === contributorId)
    return view === undefined ? err({ reason: 'contributor_not_found' }) : ok(view)
  }
  const afterwards = async (changed: Promise<Result<string, KeepingFailure>>): Promise<Viewed> => {
    const done = await changed
    return done.ok ? contributor(done.value) : done
  }
  const ofKnown = async (
    contributorId: string,
    act: (view: ContributorView) => Promise<Viewed>,
  ): Promise<Viewed> => {
    const known = contributor(contributorId)
    return known.ok ? act(known.value) : known
  }
  /** What stands in the file is changed there. */
  const ofKept = (contributorId: string, act: (view: ContributorView) => Promise<Viewed>) =>
    ofKnown(contributorId, async (view) =>
      view.record === undefined ? err({ reason: 'contributor_in_file' }) : act(view),
    )
  return {
    isAdmin: (authorization) => isToken(deps.tokenHash, authorization),
    contributors: () => contributorViews(deps),
    contributor,
    add: (entry) => afterwards(keeper.add(entry)),
    change: (id, change) => ofKept(id, () => afterwards(keeper.change(id, change))),
    drain: (id) => ofKnown(id, () => afterwards(keeper.mark(id, { isDrained: true }))),
    readmit: (id) => {
      const well = { isDrained: false, isForger: false, readmittedAtMs: deps.nowMs() }
      return ofKnown(id, () => afterwards(keeper.mark(id, well)))
    },
    approve: (id) => ofKept(id, () => afterwards(keeper.approve(id))),
    remove: (id) =>
      ofKept(id, async (view) => {
        const removed = await keeper.remove(id)
        return removed.ok ? ok(view) : removed
      }),
    models: () => pool.models().map((offer) => ({ offer, contributors: serversOf(pool, offer) })),
    config: deps.config,
    reload: async () => {
      const reloaded = await deps.reload()
      return reloaded.ok ? reloaded : err({ reason: 'reload_failed', detail: reloaded.error })
    },
  }
}

const serversOf = (
  { contributors }: Pick<ContributorPool, 'contributors'>,
  { modelName }: Offer,
): number =>
  contributors.filter(({ offers }) => offers.some((offer) => offer.modelName === modelName)).length

/** Hashes are compared, so that neither length nor beginning of a guess can be told by the time that it takes. */
function isToken(tokenHash: string, authorization: string | undefined): boolean {
  const [, token] = /^Bearer +([!-~]{1,512})$/i.exec(authorization ?? '') ?? []
  if (token === undefined) return false
  const hash = createHash('sha256').update(token).digest()
  return timingSafeEqual(hash, Buffer.from(tokenHash, 'hex'))
}
