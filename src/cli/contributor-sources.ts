import type { Contributor } from '../domain/contributor.ts'

/** Where contributors come from. Each setter tells the pool once, of all of them, without an await in between. */
export type ContributorSources = {
  readonly setFileContributors: (contributors: readonly Contributor[]) => void
  /** Those that joined while gateways run (store/contributor-store.ts). */
  readonly setStoredContributors: (contributors: readonly Contributor[]) => void
  /** Ids of those that get no new request, wherever they come from. */
  readonly setDrained: (contributorIds: ReadonlySet<string>) => void
}

/** What the file says of an id hides what the store says of it: the operator's own word is the one that is read in reviews. */
export function createContributorSources(
  pool: { readonly replace: (contributors: readonly Contributor[]) => void },
  fileContributors: readonly Contributor[],
  /** Told of all who are known, drained ones too, after each change. */
  onKnown: (contributors: readonly Contributor[]) => void = () => {},
): ContributorSources {
  let inFile = fileContributors
  let stored: readonly Contributor[] = []
  let drained: ReadonlySet<string> = new Set()
  const tell = (): void => {
    const all = new Map<string, Contributor>()
    for (const contributor of [...inFile, ...stored]) {
      const { contributorId } = contributor
      if (!all.has(contributorId)) all.set(contributorId, contributor)
    }
    const known = [...all.values()]
    pool.replace(known.filter(({ contributorId }) => !drained.has(contributorId)))
    onKnown(known)
  }
  return {
    setFileContributors: (contributors) => {
      inFile = contributors
      tell()
    },
    setStoredContributors: (contributors) => {
      stored = contributors
      tell()
    },
    setDrained: (contributorIds) => {
      drained = contributorIds
      tell()
    },
  }
}
