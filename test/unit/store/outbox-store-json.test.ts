import { expect, test } from 'vitest'
import { decodeOutboxEntry, encodeOutboxEntry } from '../../../src/store/outbox-store-json.ts'
import { entryOf, sentWith } from '../../support/outbox-place.ts'

test('reads what was written before there were caps', () => {
  const entry = entryOf('a', sentWith(7))
  const row = JSON.parse(encodeOutboxEntry(entry)) as {
    caps?: unknown
    attempts: { isEmpty?: unknown }[]
  }
  delete row.caps
  for (const attempt of row.attempts) delete attempt.isEmpty
  expect(JSON.stringify(row)).not.toMatch(/caps|isEmpty/)
  expect(decodeOutboxEntry(JSON.stringify(row))).toEqual(entry)
})
