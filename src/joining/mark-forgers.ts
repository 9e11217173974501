import type { ContributorMark } from '../domain/contributor-record.ts'
import type { ContributorRoster, Roster } from './contributor-roster.ts'

/** What the pool knows of a contributor, as far as it matters here. */
type Report = { readonly contributorId: string; readonly quarantine: string | undefined }

/** Of those who came by themselves: who signed what did not happen, and is not marked for it yet. */
export function unmarkedForgers(
  { entries, marks }: Roster,
  reports: readonly Report[],
): readonly string[] {
  const forgers = reports.filter(({ quarantine }) => quarantine === 'forged')
  return forgers
    .map(({ contributorId }) => contributorId)
    .filter(
      (id) => entries.get(id)?.record.joined !== undefined && marks.get(id)?.isForger !== true,
    )
}

/**
 * Writes it down for all gateways and for ever, until the operator readmits it: who can leave and come back as it likes must
 * not shed by that what was seen of it. Rejects with StoreFailure.
 */
export async function markForgers(
  roster: Pick<ContributorRoster, 'change'>,
  contributorIds: readonly string[],
): Promise<void> {
  await roster.change(({ marks }) => ({
    outcome: undefined,
    marks: new Map(
      contributorIds.map((contributorId): [string, ContributorMark] => {
        const mark = marks.get(contributorId) ?? unmarked(contributorId)
        return [contributorId, { ...mark, isForger: true }]
      }),
    ),
  }))
}

/** Of a contributor of whom nothing was said. */
export const unmarked = (contributorId: string): ContributorMark => ({
  contributorId,
  isDrained: false,
  readmittedAtMs: 0,
})
