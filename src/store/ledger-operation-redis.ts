import type { Bytes32 } from '../domain/units.ts'
import { bookRow, type Row, type RowName } from './ledger-rows-redis.ts'
import type { LedgerState } from './ledger-state.ts'

/** Which rows an operation reads. */
export type Reads = {
  readonly channelId?: Bytes32 | undefined
  /** The hold of this request, and with it the channel and the key that it counts on. */
  readonly requestId?: string
  /** The request is expected to have no hold: it is not looked for before, and a wrong guess is found by the commit. */
  readonly isNew?: boolean
  readonly budgetId?: string | undefined
  readonly payoutId?: Bytes32 | undefined
  readonly numbersReceipts?: boolean
}

/** Notes how far an answer got, with the batch, unless its hold has ended by then. */
type NoteCheckpoint = (requestId: string, checkpoint: string) => void

/** One call of the port on its way into a batch. It may be decided several times; it is settled once. */
export type Operation = {
  readonly reads: Reads
  readonly decide: (state: LedgerState, noteCheckpoint: NoteCheckpoint) => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** Refused at once when Redis goes away before it was sent: whoever asks is better served elsewhere. */
  readonly impatient: boolean
  /** Its request must be ended by recovery when it is not known whether this was applied. */
  readonly abandons: boolean
}

/** The rows that an operation reads, as far as is known: a hold that was not loaded yet hides which channel it is on. */
export function rowsRead(reads: Reads, find: (name: RowName) => Row | undefined): RowName[] {
  const names: RowName[] = []
  const { channelId, requestId, budgetId, payoutId } = reads
  if (channelId !== undefined) names.push({ table: 'channels', id: channelId })
  if (budgetId !== undefined) names.push({ table: 'spendings', id: budgetId })
  if (requestId !== undefined) {
    const name: RowName = { table: 'holds', id: requestId }
    names.push(name)
    const row = find(name)
    if (row?.table === 'holds' && row.value !== undefined) {
      names.push({ table: 'channels', id: row.value.channelId })
      const { budget } = row.value
      if (budget !== undefined) names.push({ table: 'spendings', id: budget.budgetId })
    }
  }
  if (payoutId !== undefined) names.push({ table: 'payouts', id: payoutId })
  if (reads.numbersReceipts === true) names.push(bookRow)
  return names
}
