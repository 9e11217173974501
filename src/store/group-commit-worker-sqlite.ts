/*
 * The one writer of the embedded ledger, in a thread of its own: a commit waits for the disk (4–5 ms here), and that wait
 * must not hold up the streams that the main thread forwards. One message in is one transaction and one answer out.
 */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { messageOf } from '../base/message-of.ts'
import { durablePragmas } from './durable-file-sqlite.ts'
import type { PackedReceipts, WriteBatch } from './ledger-rows-sqlite.ts'

const port = parentPort
assert(port !== null, 'the group-commit worker runs in a worker thread')

const database = new DatabaseSync(String(workerData))
database.exec(durablePragmas)

const statements = {
  begin: database.prepare('BEGIN IMMEDIATE'),
  commit: database.prepare('COMMIT'),
  channel: database.prepare('INSERT OR REPLACE INTO channels VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)'),
  hold: database.prepare('INSERT INTO holds VALUES (?,?,?,?,?,?,?,?)'),
  extendHold: database.prepare('UPDATE holds SET held = ? WHERE request_id = ?'),
  checkpoint: database.prepare('UPDATE holds SET checkpoint = ? WHERE request_id = ?'),
  endHold: database.prepare('DELETE FROM holds WHERE request_id = ?'),
  spending: database.prepare('INSERT OR REPLACE INTO key_spendings VALUES (?,?)'),
  payout: database.prepare('INSERT OR REPLACE INTO payouts VALUES (?,?,?,?,?,?,?,?,?)'),
  receipt: database.prepare(
    `INSERT INTO receipts
      (gateway_seq, receipt_id, channel_id, channel_seq, body, record, digest, sealed_at)
      VALUES (?,?,?,?,?,?,?,?)`,
  ),
  packed: database.prepare(
    `INSERT INTO receipts
      (gateway_seq, receipt_id, channel_id, channel_seq, sealed_at, body, packed)
      VALUES (?,?,?,?,?,'',?)`,
  ),
  answer: database.prepare('INSERT OR REPLACE INTO answers VALUES (?,?,?)'),
  expire: database.prepare(
    "UPDATE receipts SET body = '', record = NULL, packed = NULL, digest = ? WHERE gateway_seq = ?",
  ),
  usdBook: database.prepare('INSERT OR REPLACE INTO usd_book VALUES (1,?,?)'),
}

function insertPacked({ rows, bytes }: PackedReceipts): void {
  let begin = 0
  for (const [gatewaySeq, receiptId, channelId, channelSeq, sealedAtS, end] of rows) {
    const packed = bytes.subarray(begin, end)
    statements.packed.run(gatewaySeq, receiptId, channelId, channelSeq, sealedAtS, packed)
    begin = end
  }
}

function commit(batch: WriteBatch): void {
  statements.begin.run()
  try {
    for (const row of batch.channels) statements.channel.run(...row)
    // What ends in a batch began in an earlier one, so its name is free before the batch's own holds are written.
    for (const requestId of batch.endedHolds) statements.endHold.run(requestId)
    for (const row of batch.holds) statements.hold.run(...row)
    for (const row of batch.extendedHolds) statements.extendHold.run(...row)
    for (const row of batch.checkpoints) statements.checkpoint.run(...row)
    for (const row of batch.spendings) statements.spending.run(...row)
    for (const row of batch.payouts) statements.payout.run(...row)
    for (const row of batch.receipts) statements.receipt.run(...row)
    insertPacked(batch.packed)
    for (const row of batch.answers) statements.answer.run(...row)
    for (const row of batch.expired) statements.expire.run(...row)
    if (batch.usdBook !== undefined) statements.usdBook.run(...batch.usdBook)
    statements.commit.run()
  } catch (error) {
    // A failed COMMIT (disk full) may already have ended the transaction.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

port.on('message', (message: WriteBatch | 'close') => {
  if (message === 'close') {
    database.close()
    port.close()
    return
  }
  try {
    commit(message)
    port.postMessage('durable')
  } catch (error) {
    port.postMessage({ failure: messageOf(error) })
  }
})
