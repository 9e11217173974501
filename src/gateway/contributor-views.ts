/*
 * Every contributor that a gateway knows, and how it does there.
 */
import type { Contributor } from '../domain/contributor.ts'
import type { ContributorMark, ContributorRecord } from '../domain/contributor-record.ts'
import type { ContributorRoster } from '../joining/contributor-roster.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'
import type { ContributorReport } from '../routing/pool-report.ts'
import { isTunnelUrl, type Tunnels } from '../upstream/tunnels.ts'

/** A contributor as the operator sees it. */
export type ContributorView = {
  readonly contributorId: string
  readonly origin: 'file' | 'admin' | 'lent' | 'joined'
  /** Undefined where it stands in the file. */
  readonly record: ContributorRecord | undefined
  /** Undefined where it cannot be asked. */
  readonly contributor: Contributor | undefined
  /** Why it cannot be asked; undefined where it waits for approval. */
  readonly fault: string | undefined
  readonly mark: ContributorMark | undefined
  /** Undefined where it is not asked now. */
  readonly report: ContributorReport | undefined
  /** What this gateway has under way there, also after it was drained. */
  readonly inFlight: number
  /** Whether it has dialled in to this very process; undefined where it is dialled. */
  readonly isConnected: boolean | undefined
}

export type ViewDeps = {
  readonly roster: Pick<ContributorRoster, 'current'>
  readonly pool: Pick<ContributorPool, 'report' | 'inFlight'>
  readonly fileContributors: () => readonly Contributor[]
  /** Undefined where nobody dials in. */
  readonly tunnels?: Pick<Tunnels, 'isReachable'> | undefined
  readonly nowMs: () => number
}

/** Those of the file, and then those that are kept in the store. */
export function contributorViews(deps: ViewDeps): readonly ContributorView[] {
  const { entries, marks } = deps.roster.current
  const reports = new Map(deps.pool.report(deps.nowMs()).map((one) => [one.contributorId, one]))
  const view = (contributorId: string) => ({
    contributorId,
    mark: marks.get(contributorId),
    report: reports.get(contributorId),
    inFlight: deps.pool.inFlight(contributorId),
  })
  const inFile = deps.fileContributors().map((contributor) => ({
    ...view(contributor.contributorId),
    origin: 'file' as const,
    record: undefined,
    contributor,
    fault: undefined,
    isConnected: isConnected(deps, contributor.baseUrl),
  }))
  const stored = [...entries.values()].map(({ record, contributor, fault }) => ({
    ...view(record.contributorId),
    origin: originOf(record),
    record,
    contributor,
    fault,
    isConnected: isConnected(deps, record.baseUrl),
  }))
  return [...inFile, ...stored]
}

/** Of whoever dials in: whether it has; undefined of who is dialled. */
export const isConnected = (
  { tunnels }: Pick<ViewDeps, 'tunnels'>,
  baseUrl: string,
): boolean | undefined =>
  isTunnelUrl(baseUrl) ? tunnels?.isReachable(new URL(baseUrl).host) === true : undefined

function originOf({ lender, joined }: ContributorRecord): ContributorView['origin'] {
  if (joined !== undefined) return 'joined'
  return lender === undefined ? 'admin' : 'lent'
}
