import type { DatabaseSync } from 'node:sqlite'
import { digestOffset, unpackReceipt } from '../domain/receipt-bytes.ts'
import { receiptIdsOf } from '../domain/request-id.ts'
import { type Bytes32, bytes32, type UnixSeconds } from '../domain/units.ts'
import type { ExpiredRow } from './ledger-rows-sqlite.ts'
import type { KeptReceipt, KeptRequest } from './ledger-store.ts'

/*
 * Receipts of the embedded ledger as they are read. A row has its body and record packed (domain/receipt-bytes.ts), and an
 * empty text in the place of the body; or both as texts, as all had until layout 4, and those with evidence have. Bodies go
 * from the oldest on, so that those that are gone are always a beginning of the numbers: they have neither.
 *
 * Rows of layout 3 have no digest and no time. A file is not rewritten for that when it is opened: each receipt's digest
 * stands in its channel's next one, which is of layout 4 or older, too (ledger-layout-sqlite.ts), and the time in the body.
 */

const digestColumn = `coalesce(r.digest,
  CASE WHEN r.packed IS NOT NULL THEN '0x' || lower(hex(substr(r.packed, ${digestOffset + 1}, 32))) END,
  (SELECT json_extract(n.body, '$.receipt.prevReceipt') FROM receipts n
    WHERE n.channel_id = r.channel_id AND n.channel_seq = r.channel_seq + 1))`

const kept = `SELECT r.gateway_seq, r.receipt_id, r.channel_id, r.body, r.record, r.packed,
    ${digestColumn} AS digest
  FROM receipts r`

type Row = Record<string, unknown>

/** What goes when its time is over. */
type Texts = { readonly body: string | undefined; readonly record: string | undefined }

const textsOf = ({ packed, body, record }: Row): Texts =>
  packed instanceof Uint8Array
    ? unpackReceipt(packed)
    : { body: String(body) || undefined, record: typeof record === 'string' ? record : undefined }

const keptReceipt = (row: Row, { body }: Texts = textsOf(row)): KeptReceipt => ({
  channelId: bytes32(String(row['channel_id'])),
  receiptId: bytes32(String(row['receipt_id'])),
  gatewaySeq: Number(row['gateway_seq']),
  digest: bytes32(String(row['digest'])),
  body,
})

export function readReceipt(database: DatabaseSync, receiptId: Bytes32): KeptReceipt | undefined {
  const row = database.prepare(`${kept} WHERE r.receipt_id = ?`).get(receiptId)
  return row && keptReceipt(row)
}

export function readRequest(database: DatabaseSync, requestId: string): KeptRequest | undefined {
  const { first, last } = receiptIdsOf(requestId)
  const row = database.prepare(`${kept} WHERE r.receipt_id BETWEEN ? AND ?`).get(first, last)
  if (row === undefined) return undefined
  const texts = textsOf(row)
  return { ...keptReceipt(row, texts), record: texts.record }
}

export function readReceiptOfAnswer(
  database: DatabaseSync,
  of: { readonly channelId: Bytes32; readonly answerId: string },
): KeptReceipt | undefined {
  const row = database
    .prepare(
      `${kept} JOIN answers a USING (gateway_seq) WHERE a.channel_id = ? AND a.answer_id = ?`,
    )
    .get(of.channelId, of.answerId)
  return row && keptReceipt(row)
}

export function readReceiptsBySeq(
  database: DatabaseSync,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): readonly KeptReceipt[] {
  return database
    .prepare(`${kept} WHERE r.gateway_seq > ? ORDER BY r.gateway_seq LIMIT ?`)
    .all(afterSeq, limit)
    .map((row) => keptReceipt(row))
}

export function readDigestsBySeq(
  database: DatabaseSync,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): readonly Bytes32[] {
  return database
    .prepare(
      `SELECT ${digestColumn} AS digest FROM receipts r
       WHERE r.gateway_seq > ? ORDER BY r.gateway_seq LIMIT ?`,
    )
    .all(afterSeq, limit)
    .map((row) => bytes32(String(row['digest'])))
}

/** Bodies of a channel; none where the first is gone. */
export function readBodies(
  database: DatabaseSync,
  range: { readonly channelId: Bytes32; readonly afterSeq: number; readonly limit: number },
): readonly string[] {
  const bodies = database
    .prepare(
      `SELECT body, packed FROM receipts WHERE channel_id = ? AND channel_seq > ?
       ORDER BY channel_seq LIMIT ?`,
    )
    .all(range.channelId, range.afterSeq, range.limit)
    .map((row) => textsOf(row).body)
  return bodies[0] === undefined ? [] : bodies.filter((body) => body !== undefined)
}

/** The oldest receipts that have a body and may lose it. */
export function readExpiring(
  database: DatabaseSync,
  { before, limit }: { readonly before: UnixSeconds; readonly limit: number },
): readonly ExpiredRow[] {
  const rows = database
    .prepare(
      `SELECT r.gateway_seq, ${digestColumn} AS digest,
        coalesce(r.sealed_at, json_extract(r.body, '$.receipt.work.finishedAt')) AS sealed_at
       FROM receipts r WHERE r.gateway_seq >= ? ORDER BY r.gateway_seq LIMIT ?`,
    )
    .all(firstWithBody(database), limit)
  const young = rows.findIndex((row) => Number(row['sealed_at']) >= before)
  const old = young === -1 ? rows : rows.slice(0, young)
  return old.map((row) => [String(row['digest']), Number(row['gateway_seq'])] as const)
}

/** Found by halving, because those without a body come first. */
function firstWithBody(database: DatabaseSync): number {
  const newest = database.prepare('SELECT max(gateway_seq) AS seq FROM receipts').get()
  const isGone = database.prepare(
    "SELECT 1 FROM receipts WHERE gateway_seq = ? AND body = '' AND packed IS NULL",
  )
  let low = 1
  let high = Number(newest?.['seq'] ?? 0) + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isGone.get(middle) === undefined) high = middle
    else low = middle + 1
  }
  return low
}
