import { storeCachedRowsMax } from '../base/limits.ts'
import { type Operation, rowsRead } from './ledger-operation-redis.ts'
import { absentRow, type Row, type RowName } from './ledger-rows-redis.ts'

/**
 * Rows as this replica read or wrote them last. They may be old: what is decided on them counts only when the commit finds
 * them unchanged, and it answers the new ones otherwise.
 */
export class RowCache {
  readonly #rows = new Map<string, Row>()

  readonly find = (name: RowName): Row | undefined => this.#rows.get(keyOf(name))

  keep(row: Row): void {
    const key = keyOf(row)
    // Newest last, so that the first is the one that was not written for longest.
    this.#rows.delete(key)
    this.#rows.set(key, row)
    if (this.#rows.size <= storeCachedRowsMax) return
    for (const oldest of this.#rows.keys()) {
      this.#rows.delete(oldest)
      return
    }
  }

  forget(name: RowName): void {
    this.#rows.delete(keyOf(name))
  }

  clear(): void {
    this.#rows.clear()
  }

  /** Rows that must be read before these operations can be decided. */
  missing(operations: readonly Operation[]): RowName[] {
    const names = new Map<string, RowName>()
    for (const { reads } of operations) {
      for (const name of rowsRead(reads, this.find)) {
        const isGuessed = reads.isNew === true && name.table === 'holds'
        if (!isGuessed && this.find(name) === undefined) names.set(keyOf(name), name)
      }
    }
    return [...names.values()]
  }

  /** All rows that these operations read. Nothing is missing. */
  read(operations: readonly Operation[]): Row[] {
    const rows = new Map<string, Row>()
    for (const { reads } of operations) {
      for (const name of rowsRead(reads, this.find)) {
        const key = keyOf(name)
        if (!rows.has(key)) rows.set(key, this.#rows.get(key) ?? absentRow(name))
      }
    }
    return [...rows.values()]
  }
}

const keyOf = ({ table, id }: RowName): string => `${table} ${id}`
