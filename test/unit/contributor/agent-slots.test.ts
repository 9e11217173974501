import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'
import { AgentSlots } from '../../../src/contributor/agent-slots.ts'

test('those beyond the slots wait, and go on in the order of asking', async () => {
  const slots = new AgentSlots(1)
  expect(await slots.take(new Cancellation())).toBe(true)
  const order: string[] = []
  const second = slots.take(new Cancellation()).then(() => order.push('second'))
  const third = slots.take(new Cancellation()).then(() => order.push('third'))
  expect(slots.load).toEqual({ running: 1, waiting: 2, slots: 1 })
  slots.giveBack()
  await second
  expect(slots.load).toEqual({ running: 1, waiting: 1, slots: 1 })
  slots.giveBack()
  await third
  slots.giveBack()
  expect(order).toEqual(['second', 'third'])
  expect(slots.load).toEqual({ running: 0, waiting: 0, slots: 1 })
})

test('who left before or in the line takes no slot', async () => {
  const slots = new AgentSlots(1)
  const gone = new Cancellation()
  gone.cancel()
  expect(await slots.take(gone)).toBe(false)
  await slots.take(new Cancellation())
  const leaving = new Cancellation()
  const left = slots.take(leaving)
  const staying = slots.take(new Cancellation())
  leaving.cancel()
  expect(await left).toBe(false)
  slots.giveBack()
  expect(await staying).toBe(true)
  // What happens to who left later is not the slots' to know.
  leaving.cancel()
  expect(slots.load).toMatchObject({ running: 1, waiting: 0 })
})

test('a slot that nobody has is not given back', () => {
  expect(() => new AgentSlots(1).giveBack()).toThrow(/given back once/)
})

test('draining ends with the last that runs or waits', async () => {
  const slots = new AgentSlots(1)
  await slots.take(new Cancellation())
  const leaving = new Cancellation()
  const waiting = slots.take(leaving)
  let isDrained = false
  const drained = slots.drain().then(() => {
    isDrained = true
  })
  slots.giveBack()
  expect(await waiting).toBe(true)
  expect(isDrained).toBe(false)
  slots.giveBack()
  await drained
  expect(slots.isDraining).toBe(true)
  await new AgentSlots(1).drain()
})

/** What the slots are held to: plain lists. */
class SlotModel {
  readonly slots: AgentSlots
  readonly #count: number
  readonly #inLine: Cancellation[] = []
  #running = 0

  constructor(count: number) {
    this.slots = new AgentSlots(count)
    this.#count = count
  }

  get load() {
    return { running: this.#running, waiting: this.#inLine.length, slots: this.#count }
  }

  come(): void {
    const asker = new Cancellation()
    if (this.#running < this.#count) this.#running += 1
    else this.#inLine.push(asker)
    void this.slots.take(asker)
  }

  /** Whoever has this place in the line. */
  leave(place: number): void {
    const [left] = this.#inLine.splice(place % Math.max(1, this.#inLine.length), 1)
    left?.cancel()
  }

  end(): void {
    if (this.#running === 0) return
    if (this.#inLine.shift() === undefined) this.#running -= 1
    this.slots.giveBack()
  }
}

test('whoever comes, leaves and ends in whatever order: never too many run, and no slot is lost', () => {
  const anyStep = fc.tuple(fc.constantFrom('come', 'come', 'leave', 'end'), fc.nat(100))
  let waited = 0
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 80 }),
      fc.integer({ min: 1, max: 4 }),
      (steps, count) => {
        const model = new SlotModel(count)
        for (const [step, place] of steps) {
          if (step === 'come') model.come()
          else if (step === 'leave') model.leave(place)
          else model.end()
          expect(model.slots.load).toEqual(model.load)
          waited += model.load.waiting
        }
      },
    ),
  )
  expect(waited).toBeGreaterThan(0)
})
