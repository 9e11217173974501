import type { Channel } from '../domain/channel.ts'
import { microUsd } from '../domain/exchange.ts'
import type { Hold } from '../domain/hold.ts'
import type { KeySpending } from '../domain/key-spending.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import { type AtomicAmount, atomic, type Bytes32 } from '../domain/units.ts'
import type { UsdBook } from '../domain/usd-book.ts'
import { emptyHead, type LedgerHead, type LedgerState } from './ledger-state.ts'

/*
 * Rows of the replicated ledger. Each table is a Redis hash, and a row is `VERSION OWNER JSON`: the version names the batch
 * that wrote the row, so that no two rows ever share one; the owner is the replica that answers for a hold, else `-`.
 * Amounts are decimal text, because JSON's and Lua's numbers are doubles.
 */

export type LedgerTables = {
  readonly channels: Channel
  readonly holds: Hold
  readonly spendings: KeySpending
  readonly payouts: Payout
  /** One row. */
  readonly book: LedgerHead
}

export type TableName = keyof LedgerTables
export type RowName = { readonly table: TableName; readonly id: string }

type RowOf<Table extends TableName> = {
  readonly table: Table
  readonly id: string
  /** Empty where there is no row. */
  readonly version: string
  readonly owner: string
  readonly value: LedgerTables[Table] | undefined
}

/** A row as it was read or written; without a value there is none. */
export type Row = { readonly [Table in TableName]: RowOf<Table> }[TableName]

export const bookRow: { readonly table: 'book'; readonly id: 'head' } = {
  table: 'book',
  id: 'head',
}
export const nobody = '-'

export const absentRow = ({ table, id }: RowName): Row =>
  ({ table, id, version: '', owner: nobody, value: undefined }) as Row

/** A row from its stored text, which this module wrote. */
export function parseRow({ table, id }: RowName, text: string | null): Row {
  if (text === null) return absentRow({ table, id })
  const versionEnd = text.indexOf(' ')
  const ownerEnd = text.indexOf(' ', versionEnd + 1)
  const value = decoders[table](JSON.parse(text.slice(ownerEnd + 1)) as Stored)
  const version = text.slice(0, versionEnd)
  return { table, id, version, owner: text.slice(versionEnd + 1, ownerEnd), value } as Row
}

/** The stored text of a row that has a value. */
export const rowText = (row: Row): string => `${row.version} ${row.owner} ${encodeValue(row)}`

function encodeValue(row: Row): string {
  if (row.value === undefined) throw new TypeError('a row that is not there has no text')
  switch (row.table) {
    case 'channels':
      return JSON.stringify({
        ...row.value,
        balance: String(row.value.balance),
        totalClaimed: String(row.value.totalClaimed),
        signedMaxClaimable: String(row.value.signedMaxClaimable),
        chargedCumulativeAmount: String(row.value.chargedCumulativeAmount),
        heldAmount: String(row.value.heldAmount),
        announcedAmount: String(row.value.announcedAmount),
      })
    case 'holds':
      return JSON.stringify({
        ...row.value,
        heldAmount: String(row.value.heldAmount),
        budget: row.value.budget && {
          ...row.value.budget,
          capAmount: String(row.value.budget.capAmount),
        },
      })
    case 'spendings':
      return JSON.stringify({
        ...row.value,
        chargedAmount: String(row.value.chargedAmount),
        heldAmount: String(row.value.heldAmount),
      })
    case 'payouts':
      return JSON.stringify({
        ...row.value,
        balance: String(row.value.balance),
        totalClaimed: String(row.value.totalClaimed),
        earnedAmount: String(row.value.earnedAmount),
        promisedAmount: String(row.value.promisedAmount),
      })
    case 'book':
      return JSON.stringify({
        gatewaySeq: row.value.gatewaySeq,
        chargedMicroUsd: String(row.value.chargedMicroUsd),
        earnedMicroUsd: String(row.value.earnedMicroUsd),
      })
  }
}

// What was stored was checked when it was made, so it is read without a second look, but for its amounts.
type Stored = never
type WithText<T, Amounts extends keyof T> = Omit<T, Amounts> & Readonly<Record<Amounts, string>>
const amount = (text: string): AtomicAmount => atomic(BigInt(text))

const decoders: { readonly [Table in TableName]: (stored: Stored) => LedgerTables[Table] } = {
  channels: (channel: WithText<Channel, ChannelAmount>) => ({
    ...channel,
    balance: amount(channel.balance),
    totalClaimed: amount(channel.totalClaimed),
    signedMaxClaimable: amount(channel.signedMaxClaimable),
    chargedCumulativeAmount: amount(channel.chargedCumulativeAmount),
    heldAmount: amount(channel.heldAmount),
    announcedAmount: amount(channel.announcedAmount),
    // JSON leaves out what is undefined.
    withdrawFinalAtS: channel.withdrawFinalAtS,
  }),
  holds: (hold: WithText<Omit<Hold, 'budget'>, 'heldAmount'> & StoredBudget) => ({
    ...hold,
    heldAmount: amount(hold.heldAmount),
    budget: hold.budget && { ...hold.budget, capAmount: amount(hold.budget.capAmount) },
  }),
  spendings: (spending: WithText<KeySpending, 'chargedAmount' | 'heldAmount'>) => ({
    ...spending,
    chargedAmount: amount(spending.chargedAmount),
    heldAmount: amount(spending.heldAmount),
  }),
  payouts: (payout: WithText<Payout, PayoutAmount>) => ({
    ...payout,
    balance: amount(payout.balance),
    totalClaimed: amount(payout.totalClaimed),
    earnedAmount: amount(payout.earnedAmount),
    promisedAmount: amount(payout.promisedAmount),
  }),
  book: (head: WithText<LedgerHead, keyof UsdBook>) => ({
    gatewaySeq: head.gatewaySeq,
    chargedMicroUsd: microUsd(BigInt(head.chargedMicroUsd)),
    earnedMicroUsd: microUsd(BigInt(head.earnedMicroUsd)),
  }),
}

type ChannelAmount =
  | 'balance'
  | 'totalClaimed'
  | 'signedMaxClaimable'
  | 'chargedCumulativeAmount'
  | 'heldAmount'
  | 'announcedAmount'
type PayoutAmount = 'balance' | 'totalClaimed' | 'earnedAmount' | 'promisedAmount'
type StoredBudget = {
  readonly budget?: { readonly budgetId: string; readonly capAmount: string }
}

/** Puts a row where the decisions look for it. */
export function placeRow(state: LedgerState, row: Row): void {
  if (row.value === undefined) return
  switch (row.table) {
    case 'channels':
      state.channels.set(row.value.channelId, row.value)
      return
    case 'holds':
      state.holds.set(row.value.requestId, row.value)
      return
    case 'spendings':
      state.spendings.set(row.value.budgetId, row.value)
      return
    case 'payouts':
      state.payouts.set(row.value.payoutId, row.value)
      return
    case 'book':
      state.head = row.value
  }
}

/** What the row is after the decisions. The same object where nothing changed. */
export function decidedValue(state: LedgerState, { table, id }: RowName): Row['value'] {
  switch (table) {
    case 'channels':
      return state.channels.get(id as Bytes32)
    case 'holds':
      return state.holds.get(id)
    case 'spendings':
      return state.spendings.get(id)
    case 'payouts':
      return state.payouts.get(id as Bytes32)
    case 'book':
      return state.head === emptyHead ? undefined : state.head
  }
}
