import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProofQueue, type QueuePlace } from '../../../src/proving/proof-queue.ts'

const bounds = { concurrency: 1, queueMax: 4, queuePerAccountMax: 3 }
const runs = (place: QueuePlace | undefined): boolean =>
  place !== undefined && place.position() === undefined

describe('the queue of proofs', () => {
  test('serves accounts in turn, whatever each has waiting', () => {
    const queue = new ProofQueue(bounds)
    const places = ['a', 'a', 'a', 'b', 'a'].map((account) => queue.join(account))
    expect(places.map((place) => place?.position())).toEqual([undefined, 0, 2, 1, 3])
    const order: number[] = []
    for (const _ of places) {
      const at = places.findIndex((place, index) => !order.includes(index) && runs(place))
      order.push(at)
      places[at]?.leave()
    }
    expect(order).toEqual([0, 1, 3, 2, 4])
    expect(queue.counts).toEqual({ running: 0, waiting: 0 })
  })

  test('lets in as many as may wait, of all and of one account', () => {
    const queue = new ProofQueue(bounds)
    expect(queue.join('a')).toBeDefined()
    for (let index = 0; index < 3; index += 1) expect(queue.join('a')).toBeDefined()
    expect(queue.admits('a')).toBe(false)
    expect(queue.join('a')).toBeUndefined()
    expect(queue.join('b')).toBeDefined()
    expect(queue.admits('c')).toBe(false)
  })

  test('without room to wait takes what can run at once', () => {
    const queue = new ProofQueue({ concurrency: 2, queueMax: 0, queuePerAccountMax: 1 })
    expect(queue.join('a')).toBeDefined()
    expect(queue.join('a')).toBeDefined()
    expect(queue.join('b')).toBeUndefined()
  })

  test('tells a turn when it comes', async () => {
    const queue = new ProofQueue(bounds)
    const first = queue.join('a')
    const second = queue.join('b')
    let told = false
    void second?.turn.then(() => {
      told = true
    })
    await first?.turn
    expect(told).toBe(false)
    first?.leave()
    await second?.turn
    expect(runs(second)).toBe(true)
  })

  test('keeps its bounds and its counts, whoever comes and leaves', () => {
    const step = fc.record({ account: fc.constantFrom('a', 'b', 'c'), leaves: fc.nat() })
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        (steps, concurrency) => {
          const queue = new ProofQueue({ ...bounds, concurrency })
          const here: QueuePlace[] = []
          for (const { account, leaves } of steps) {
            const admitted = queue.admits(account)
            const place = queue.join(account)
            expect(place !== undefined).toBe(admitted)
            if (place !== undefined) here.push(place)
            if (leaves % 3 === 0) here.splice(leaves % Math.max(1, here.length), 1)[0]?.leave()
            const running = here.filter(runs).length
            expect(queue.counts).toEqual({ running, waiting: here.length - running })
            expect(running).toBe(Math.min(concurrency, here.length))
            const positions = here.flatMap((one) => one.position() ?? [])
            expect(positions.toSorted((a, b) => a - b)).toEqual(positions.map((_, at) => at))
          }
        },
      ),
    )
  })
})
