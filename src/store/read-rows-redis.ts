import type { Redis } from 'ioredis'
import { storeScanRows } from '../base/limits.ts'
import type { LedgerKeys } from './ledger-keys-redis.ts'
import { type LedgerTables, parseRow, type TableName } from './ledger-rows-redis.ts'

/** A row as it is in Redis now; nothing is remembered from it. */
export async function readRow<Table extends TableName>(
  redis: Redis,
  keys: LedgerKeys,
  { table, id }: { readonly table: Table; readonly id: string },
): Promise<LedgerTables[Table] | undefined> {
  const text = await redis.hget(keys.table(table), id)
  return parseRow({ table, id }, text).value as LedgerTables[Table] | undefined
}

/** All of a table, a part at a time: while Redis answers one, it answers nobody else. */
export async function readTable<Table extends TableName>(
  redis: Redis,
  keys: LedgerKeys,
  table: Table,
): Promise<readonly LedgerTables[Table][]> {
  const values = new Map<string, LedgerTables[Table]>()
  let cursor = '0'
  do {
    const [next, flat] = await redis.hscan(keys.table(table), cursor, 'COUNT', storeScanRows)
    for (let at = 0; at + 1 < flat.length; at += 2) {
      const id = flat[at] ?? ''
      // A row may be answered twice.
      values.set(id, parseRow({ table, id }, flat[at + 1] ?? null).value as LedgerTables[Table])
    }
    cursor = next
  } while (cursor !== '0')
  return [...values.values()]
}
