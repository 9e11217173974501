import type { DatabaseSync } from 'node:sqlite'
import { StoreFailure } from './ledger-store.ts'

const layout = 5

/** Unique (channel_id, channel_seq) makes two receipts for one position impossible even after a bug above. */
const schema = `
  CREATE TABLE IF NOT EXISTS channels (
    channel_id TEXT PRIMARY KEY, chain_id INTEGER NOT NULL, config TEXT NOT NULL, balance TEXT NOT NULL,
    total_claimed TEXT NOT NULL, signed_max_claimable TEXT NOT NULL, voucher_signature TEXT NOT NULL,
    charged TEXT NOT NULL, announced TEXT NOT NULL, closing INTEGER NOT NULL, withdraw_final_at INTEGER,
    frozen INTEGER NOT NULL, receipt_seq INTEGER NOT NULL, receipt_digest TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS holds (
    request_id TEXT PRIMARY KEY, channel_id TEXT NOT NULL, held TEXT NOT NULL, context TEXT NOT NULL,
    checkpoint TEXT, budget_id TEXT, cap TEXT, announces INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS key_spendings (budget_id TEXT PRIMARY KEY, charged TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS payouts (
    payout_id TEXT PRIMARY KEY, chain_id INTEGER NOT NULL, contributor TEXT NOT NULL, config TEXT NOT NULL,
    balance TEXT NOT NULL, total_claimed TEXT NOT NULL, earned TEXT NOT NULL, promised TEXT NOT NULL,
    voucher_signature TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS receipts (
    gateway_seq INTEGER PRIMARY KEY, receipt_id TEXT NOT NULL, channel_id TEXT NOT NULL,
    channel_seq INTEGER NOT NULL, body TEXT NOT NULL, record TEXT, digest TEXT, sealed_at INTEGER,
    packed BLOB) STRICT;
  CREATE TABLE IF NOT EXISTS answers (
    channel_id TEXT, answer_id TEXT, gateway_seq INTEGER NOT NULL,
    PRIMARY KEY (channel_id, answer_id)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS usd_book (
    id INTEGER PRIMARY KEY CHECK (id = 1), charged TEXT NOT NULL, earned TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS receipts_by_id ON receipts (receipt_id);
  CREATE UNIQUE INDEX IF NOT EXISTS receipts_by_channel ON receipts (channel_id, channel_seq);
  PRAGMA user_version = ${layout};
`

/** Columns of receipts that older files lack. Their rows keep nothing there: see receipt-rows-sqlite.ts. */
const firstLayout = 2
const later = [
  { since: 3, column: 'record TEXT' },
  { since: 4, column: 'digest TEXT' },
  { since: 4, column: 'sealed_at INTEGER' },
  { since: 5, column: 'packed BLOB' },
]

/**
 * Rows of layout 3 have no digest: it is read of the next row, which must be of that time, too. So the newest of each channel
 * gets it here, of its channel.
 */
const digestOfNewest = `
  UPDATE receipts SET digest =
    (SELECT c.receipt_digest FROM channels c WHERE c.channel_id = receipts.channel_id)
  WHERE gateway_seq IN (
    SELECT r.gateway_seq FROM channels c CROSS JOIN receipts r
      ON r.channel_id = c.channel_id AND r.channel_seq = c.receipt_seq
    WHERE r.digest IS NULL);
`

/** Makes the tables of a new file. A file of another layout is refused: its money is settled by the version that made it. */
export function layOut(database: DatabaseSync): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  const used = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'channels'").get()
  if (used !== undefined && (found < firstLayout || found > layout)) {
    throw new StoreFailure(
      `it has layout ${found} and this version reads layout ${layout}: settle it with the version of Vouch that made it, then move it away`,
    )
  }
  const additions = used === undefined ? [] : later.filter(({ since }) => since > found)
  const alter = additions.map(({ column }) => `ALTER TABLE receipts ADD COLUMN ${column};`).join('')
  // All or nothing: a column that a killed gateway had added could not be added again.
  const complete = additions.length === 0 ? '' : digestOfNewest
  database.exec(`BEGIN IMMEDIATE; ${alter} ${schema} ${complete} COMMIT`)
}
