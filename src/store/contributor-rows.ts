/*
 * Rows of a contributor book as text: JSON, which both stores keep as it is.
 */
import type {
  ContributorBook,
  ContributorMark,
  ContributorRecord,
} from '../domain/contributor-record.ts'
import { address, bytes32 } from '../domain/units.ts'

/** Which table a row is in, and so what its text says. */
export type RowKind = 'record' | 'mark'

export type Row = { readonly kind: RowKind; readonly contributorId: string; readonly text: string }

export const rowsOf = (change: {
  readonly records?: ReadonlyMap<string, ContributorRecord | undefined>
  readonly marks?: ReadonlyMap<string, ContributorMark | undefined>
}): readonly (Omit<Row, 'text'> & { readonly text: string | undefined })[] => [
  ...rowsIn('record', change.records),
  ...rowsIn('mark', change.marks),
]

const rowsIn = (kind: RowKind, values: ReadonlyMap<string, object | undefined> = new Map()) =>
  [...values].map(([contributorId, value]) => ({
    kind,
    contributorId,
    text: value === undefined ? undefined : JSON.stringify(value),
  }))

export function bookOf(version: number, rows: readonly Row[]): ContributorBook {
  const records = new Map<string, ContributorRecord>()
  const marks = new Map<string, ContributorMark>()
  for (const { kind, contributorId, text } of rows) {
    if (kind === 'record') records.set(contributorId, recordOf(text))
    else marks.set(contributorId, JSON.parse(text) as ContributorMark)
  }
  return { version, records, marks }
}

/** JSON has no undefined: a lender that is not there is one that was left out. */
function recordOf(text: string): ContributorRecord {
  const record = JSON.parse(text) as ContributorRecord
  const { lender, joined } = record
  return {
    ...record,
    lender: lender && { wallet: address(lender.wallet), payout: address(lender.payout) },
    joined: joined && {
      operator: address(joined.operator),
      signingAddresses: joined.signingAddresses.map(address),
      serves: joined.serves.map(({ id, modelId }) => ({ id, modelId: bytes32(modelId) })),
    },
  }
}
