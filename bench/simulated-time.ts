type Event = { readonly atMs: number; readonly order: number; readonly run: () => void }

/** A clock that jumps from event to event: a binary heap by time, then by order of arrival. */
export class SimulatedTime {
  readonly #heap: Event[] = []
  #order = 0
  nowMs: number

  constructor(nowMs: number) {
    this.nowMs = nowMs
  }

  /** Runs `run` after `delayMs`, unless the answer is called before. */
  in(delayMs: number, run: () => void): () => void {
    let isCancelled = false
    const atMs = this.nowMs + Math.max(0, delayMs)
    this.#order += 1
    this.#push({ atMs, order: this.#order, run: () => isCancelled || run() })
    return () => {
      isCancelled = true
    }
  }

  after(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.in(delayMs, resolve))
  }

  /** Until no event is left. Between two events everything that was promised is done. */
  async run(): Promise<void> {
    for (let event = this.#pop(); event !== undefined; event = this.#pop()) {
      this.nowMs = event.atMs
      event.run()
      await new Promise(setImmediate)
    }
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt]
      if (parent === undefined || !isBefore(event, parent)) break
      heap[at] = parent
      at = parentAt
    }
    heap[at] = event
  }

  #pop(): Event | undefined {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      const leftAt = at * 2 + 1
      const [left, right] = [heap[leftAt], heap[leftAt + 1]]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (!isBefore(child, last)) break
      heap[at] = child
      at = isRight ? leftAt + 1 : leftAt
    }
    heap[at] = last
    return first
  }
}

const isBefore = (a: Event, b: Event): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
