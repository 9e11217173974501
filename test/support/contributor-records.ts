import type { ContributorRecord } from '../../src/domain/contributor-record.ts'
import { contributorIdOf } from '../../src/store/contributor-store.ts'

/** A record as the admin API makes one, with the changes that a test is about. */
export function contributorRecord(change: Partial<ContributorRecord> = {}): ContributorRecord {
  const { baseUrl = 'https://api.example.com/v1', keyId = 'main' } = change
  return {
    contributorId: contributorIdOf(baseUrl, keyId),
    baseUrl,
    keyId,
    definition: '{"models":[]}',
    sealedKey: '',
    status: 'live',
    lender: undefined,
    createdAtMs: 1,
    changedAtMs: 1,
    ...change,
  }
}
