import type { ContributorBook, ContributorRecord } from '../domain/contributor-record.ts'

/**
 * What is kept of an order where there was one before: on other terms than those that the operator approved it waits again,
 * with a new key on the same terms it does not.
 */
export function renewRecord(
  { records }: Pick<ContributorBook, 'records'>,
  fresh: ContributorRecord,
): ContributorRecord {
  const before = records.get(fresh.contributorId)
  const isSame = before?.definition === fresh.definition
  return {
    ...fresh,
    status: isSame ? before.status : fresh.status,
    createdAtMs: before?.createdAtMs ?? fresh.createdAtMs,
  }
}
