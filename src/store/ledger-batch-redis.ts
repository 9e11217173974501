import { requestIdOf } from '../domain/request-id.ts'
import { CommitCall, type EncodedCall } from './commit-call-redis.ts'
import type { LedgerKeys } from './ledger-keys-redis.ts'
import type { Operation } from './ledger-operation-redis.ts'
import { decidedValue, nobody, placeRow, type Row, rowText } from './ledger-rows-redis.ts'
import { LedgerState, type StoredReceipt } from './ledger-state.ts'
import { sequenceText } from './receipt-rows-redis.ts'

/** Operations decided together on one view of their rows: what to send, and what to answer once it is applied. */
export type DecidedBatch = {
  readonly call: EncodedCall
  /** Rows as they are once the batch is applied; those that end have no value. */
  readonly written: readonly Row[]
  readonly outcomes: readonly Outcome[]
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

/**
 * Decides the operations in their order. Nothing is kept from one decision to the next, so that a batch whose rows were
 * changed meanwhile is decided anew on the new ones.
 */
export function decideBatch(
  operations: readonly Operation[],
  rows: readonly Row[],
  as: { readonly keys: LedgerKeys; readonly replica: string; readonly version: string },
): DecidedBatch {
  const receipts: StoredReceipt[] = []
  const checkpoints = new Map<string, string>()
  const ended = new Set<string>()
  const state = new LedgerState({
    ...ignoredChanges,
    insertReceipt: (receipt) => receipts.push(receipt),
    endHold: ({ requestId }) => {
      ended.add(requestId)
      checkpoints.delete(requestId)
    },
  })
  for (const row of rows) placeRow(state, row)
  const outcomes = operations.map((operation): Outcome => {
    try {
      return { value: operation.decide(state, (id, text) => checkpoints.set(id, text)) }
    } catch (error) {
      return { error }
    }
  })
  const call = new CommitCall()
  const written: Row[] = []
  for (const row of rows) {
    call.expect(as.keys.table(row.table), row.id, row.version)
    const value = decidedValue(state, row)
    const owner = ownerAfter(row, as.replica)
    if (row.table === 'holds') noteOwned(call, row, { ...as, owner, value, checkpoints, ended })
    if (value === row.value) continue
    const version = value === undefined ? '' : as.version
    const after = { table: row.table, id: row.id, version, owner, value } as Row
    written.push(after)
    if (value === undefined) call.drop(as.keys.table(row.table), row.id)
    else call.put(as.keys.table(row.table), row.id, rowText(after))
  }
  for (const receipt of receipts) writeReceipt(call, as.keys, receipt)
  return { call: call.encode(), written, outcomes }
}

/** A hold belongs to the replica that took it until it ends. */
function ownerAfter(row: Row, replica: string): string {
  if (row.table !== 'holds') return nobody
  return row.value === undefined ? replica : row.owner
}

/** Keeps the list of a replica's open holds, with their checkpoints, level with the holds. */
function noteOwned(
  call: CommitCall,
  row: Row,
  to: {
    readonly keys: LedgerKeys
    readonly owner: string
    readonly value: Row['value']
    readonly checkpoints: ReadonlyMap<string, string>
    readonly ended: ReadonlySet<string>
  },
): void {
  const owned = to.keys.owned(to.owner)
  const checkpoint = to.checkpoints.get(row.id)
  if (to.value === undefined) {
    if (row.value !== undefined) call.drop(owned, row.id)
  } else if (row.value === undefined || to.ended.has(row.id)) {
    // Taken, or ended and taken again: without the checkpoint that it may have had before.
    call.put(owned, row.id, checkpoint ?? '')
  } else if (checkpoint !== undefined) call.put(owned, row.id, checkpoint)
}

/** Neither numbers of a channel nor those of the gateway have gaps: they are the fields that a receipt is found under. */
function writeReceipt(call: CommitCall, keys: LedgerKeys, receipt: StoredReceipt): void {
  const { channelId, channelSeq, record, answerId } = receipt
  const seq = String(receipt.gatewaySeq)
  const field = String(channelSeq)
  const receipts = keys.receipts(channelId)
  // That both are new follows from the rows above; looked at anyway, a second receipt for one position is never written.
  call.expectAbsent(receipts, field)
  call.put(receipts, field, receipt.body())
  call.expectAbsent(keys.sequence, seq)
  call.put(keys.sequence, seq, sequenceText(receipt))
  call.put(keys.requests, requestIdOf(receipt.receiptId), `${seq} ${record}`)
  if (answerId !== undefined) call.put(keys.answers(channelId), answerId, seq)
}

/** What changed is read from the state itself once all is decided. */
const ignoredChanges = {
  putChannel: () => {},
  insertHold: () => {},
  extendHold: () => {},
  putSpending: () => {},
  putPayout: () => {},
  putUsdBook: () => {},
}
