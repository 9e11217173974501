/*
 * Requests that wait for a contributor with room: a line for each caller, served in turn, so that one caller's burst makes
 * the others wait for one of its requests and not for all.
 *
 * Invariants:
 *  Q1  Within a line the order of arrival is kept.
 *  Q2  A caller that was served stands behind every other that waits.
 *  Q3  No more than `queuedMax` wait, and no more than `queuedPerCallerMax` of one caller.
 */

export type FairQueueBounds = { readonly queuedMax: number; readonly queuedPerCallerMax: number }

type Waiting<T> = { readonly item: T; readonly deadlineMs: number }

export class FairQueue<T> {
  readonly #bounds: FairQueueBounds
  /** In the order in which the callers are served. A line is never empty. */
  readonly #lines = new Map<string, Waiting<T>[]>()
  #size = 0

  constructor(bounds: FairQueueBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#size
  }

  /** False when there is no place. */
  join(callerId: string, item: T, deadlineMs: number): boolean {
    const line = this.#lines.get(callerId) ?? []
    if (this.#size >= this.#bounds.queuedMax) return false
    if (line.length >= this.#bounds.queuedPerCallerMax) return false
    line.push({ item, deadlineMs })
    this.#lines.set(callerId, line)
    this.#size += 1
    return true
  }

  /** Takes out one that does not wait any longer. */
  leave(callerId: string, item: T): void {
    const line = this.#lines.get(callerId)
    const at = line?.findIndex((waiting) => waiting.item === item) ?? -1
    if (line === undefined || at < 0) return
    line.splice(at, 1)
    this.#size -= 1
    if (line.length === 0) this.#lines.delete(callerId)
  }

  /** First of each line, in the order in which the callers are served. */
  heads(): readonly { readonly callerId: string; readonly item: T }[] {
    return [...this.#lines].flatMap(([callerId, [head]]) =>
      head === undefined ? [] : [{ callerId, item: head.item }],
    )
  }

  /** Takes out one that was served: its caller goes behind the others. */
  served(callerId: string, item: T): void {
    this.leave(callerId, item)
    const line = this.#lines.get(callerId)
    if (line === undefined) return
    this.#lines.delete(callerId)
    this.#lines.set(callerId, line)
  }

  /** Takes out all whose deadline has come, in no order. */
  takeLate(nowMs: number): readonly T[] {
    const late: T[] = []
    for (const [callerId, line] of this.#lines) {
      const inTime = line.filter(({ deadlineMs }) => deadlineMs > nowMs)
      if (inTime.length === line.length) continue
      for (const { item, deadlineMs } of line) if (deadlineMs <= nowMs) late.push(item)
      this.#size -= line.length - inTime.length
      if (inTime.length === 0) this.#lines.delete(callerId)
      else this.#lines.set(callerId, inTime)
    }
    return late
  }

  /** When the next deadline comes; Infinity when nobody waits. */
  nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const line of this.#lines.values()) {
      for (const { deadlineMs } of line) next = Math.min(next, deadlineMs)
    }
    return next
  }
}
