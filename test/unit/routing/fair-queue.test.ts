import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairQueue } from '../../../src/routing/fair-queue.ts'

const bounds = { queuedMax: 6, queuedPerCallerMax: 4 }
const queueOf = (...items: readonly string[]): FairQueue<string> => {
  const queue = new FairQueue<string>(bounds)
  for (const item of items) expect(queue.join(item[0] ?? '', item, 100)).toBe(true)
  return queue
}

/** Serves everybody, in the order in which the queue says. */
function serveAll(queue: FairQueue<string>): string[] {
  const order: string[] = []
  for (let [head] = queue.heads(); head !== undefined; [head] = queue.heads()) {
    order.push(head.item)
    queue.served(head.callerId, head.item)
  }
  return order
}

describe('FairQueue', () => {
  test("one caller's burst lets every other through after one of its own", () => {
    expect(serveAll(queueOf('a1', 'a2', 'a3', 'b1', 'c1'))).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  })

  test('has a bound for all and one for each', () => {
    const queue = queueOf('a1', 'a2', 'a3', 'a4')
    expect(queue.join('a', 'a5', 100)).toBe(false)
    expect(queue.join('b', 'b1', 100)).toBe(true)
    expect(queue.join('c', 'c1', 100)).toBe(true)
    expect(queue.join('d', 'd1', 100)).toBe(false)
    expect(queue.size).toBe(6)
  })

  test('who leaves makes place, and leaves nothing behind', () => {
    const queue = queueOf('a1', 'a2', 'b1')
    queue.leave('a', 'a1')
    queue.leave('a', 'a1')
    queue.leave('nobody', 'x')
    queue.leave('b', 'b1')
    expect(queue.size).toBe(1)
    expect(serveAll(queue)).toEqual(['a2'])
    expect(queue.size).toBe(0)
  })

  test('whose deadline has come is taken out, wherever he stands', () => {
    const queue = new FairQueue<string>(bounds)
    queue.join('a', 'a1', 50)
    queue.join('a', 'a2', 10)
    queue.join('b', 'b1', 10)
    expect(queue.nextDeadlineMs()).toBe(10)
    expect(queue.takeLate(9)).toEqual([])
    expect(queue.takeLate(10)).toEqual(['a2', 'b1'])
    expect(serveAll(queue)).toEqual(['a1'])
    expect(queue.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY)
  })

  test('nobody waits for more than one of each other caller between two of his own', () => {
    let served = 0
    const act = fc.oneof(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.constant(undefined),
    )
    fc.assert(
      fc.property(fc.array(act, { minLength: 10, maxLength: 60 }), (acts) => {
        const tested = new QueueUnderTest()
        for (const [item, callerId] of acts.entries()) {
          if (callerId === undefined) tested.serve()
          else tested.join(callerId, item)
        }
        expect(tested.queue.size).toBe(tested.count())
        served += tested.served
      }),
    )
    expect(served).toBeGreaterThan(100)
  })
})

/** A queue beside a model of who waits, in order of arrival, and of whom each caller saw pass since its turn. */
class QueueUnderTest {
  readonly queue = new FairQueue<number>({ queuedMax: 12, queuedPerCallerMax: 5 })
  readonly waiting = new Map<string, number[]>()
  readonly passed = new Map<string, string[]>()
  served = 0

  count(): number {
    return [...this.waiting.values()].flat().length
  }

  join(callerId: string, item: number): void {
    const line = this.waiting.get(callerId) ?? []
    const hasPlace = this.count() < 12 && line.length < 5
    expect(this.queue.join(callerId, item, 1)).toBe(hasPlace)
    if (hasPlace) this.waiting.set(callerId, [...line, item])
  }

  serve(): void {
    const [head] = this.queue.heads()
    expect(head === undefined).toBe(this.count() === 0)
    if (head === undefined) return
    const [first, ...left] = this.waiting.get(head.callerId) ?? []
    expect(head.item).toBe(first)
    this.queue.served(head.callerId, head.item)
    this.waiting.set(head.callerId, left)
    this.served += 1
    this.passed.delete(head.callerId)
    for (const [callerId, line] of this.waiting) {
      if (line.length === 0 || callerId === head.callerId) continue
      const seen = [...(this.passed.get(callerId) ?? []), head.callerId]
      expect(new Set(seen).size).toBe(seen.length)
      this.passed.set(callerId, seen)
    }
  }
}
