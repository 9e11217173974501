import { describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import { openTurns, type Turn, type Turns } from '../../../src/engine/generation-turns.ts'

const patient = new AbortController().signal

async function taken(turns: Turns, signal: AbortSignal = patient): Promise<Turn> {
  const turn = await turns.take(1, signal)
  if (!turn.ok) throw new Error(turn.error)
  return turn.value
}

describe('openTurns', () => {
  test('gives turns up to the limit at once', async () => {
    const turns = openTurns({ slotsMax: 2, waitingMax: 0 })
    await taken(turns)
    await taken(turns)
    expect(turns.counts()).toMatchObject({ running: 2, waiting: 0 })
    expect(await turns.take(1, patient)).toEqual({ ok: false, error: 'queue_full' })
  })

  test('those who wait go in the order in which they asked', async () => {
    const turns = openTurns({ slotsMax: 1, waitingMax: 3 })
    const order: string[] = []
    let current = await taken(turns)
    const waiting = ['first', 'second', 'third'].map(async (name) => {
      const turn = await taken(turns)
      order.push(name)
      current = turn
    })
    expect(turns.counts()).toMatchObject({ running: 1, waiting: 3 })
    for (const next of waiting) {
      current.giveBack()
      await next
    }
    expect(order).toEqual(['first', 'second', 'third'])
    current.giveBack()
    expect(turns.counts()).toMatchObject({ running: 0, waiting: 0 })
  })

  test('a turn that is given back goes to who waits, not to who asks just then', async () => {
    const turns = openTurns({ slotsMax: 1, waitingMax: 1 })
    const first = await taken(turns)
    const second = taken(turns)
    first.giveBack()
    expect(turns.counts()).toMatchObject({ running: 1, waiting: 0 })
    const third = turns.take(1, patient)
    expect(turns.counts()).toMatchObject({ running: 1, waiting: 1 })
    ;(await second).giveBack()
    expect((await third).ok).toBe(true)
  })

  test('who leaves while waiting takes no turn and makes room', async () => {
    const turns = openTurns({ slotsMax: 1, waitingMax: 1 })
    const running = await taken(turns)
    const leaving = new AbortController()
    const left = turns.take(1, leaving.signal)
    leaving.abort()
    expect(await left).toEqual({ ok: false, error: 'left' })
    expect(turns.counts()).toMatchObject({ running: 1, waiting: 0 })
    const stayed = turns.take(1, patient)
    running.giveBack()
    expect((await stayed).ok).toBe(true)
    expect(turns.counts()).toMatchObject({ running: 1, waiting: 0 })
  })

  test('who left before asking takes no turn', async () => {
    const turns = openTurns({ slotsMax: 1, waitingMax: 1 })
    expect(await turns.take(1, AbortSignal.abort())).toEqual({ ok: false, error: 'left' })
    expect(turns.counts()).toMatchObject({ running: 0, waiting: 0 })
  })

  test('leaving after the turn was given changes nothing', async () => {
    const turns = openTurns({ slotsMax: 1, waitingMax: 1 })
    const first = await taken(turns)
    const leaving = new AbortController()
    const second = taken(turns, leaving.signal)
    first.giveBack()
    leaving.abort()
    await second
    expect(turns.counts()).toMatchObject({ running: 1, waiting: 0 })
  })

  test('a request for several slots waits for all of them, and nobody overtakes it', async () => {
    const turns = openTurns({ slotsMax: 3, waitingMax: 2 })
    const first = await taken(turns)
    const large = turns.take(3, patient)
    const small = turns.take(1, patient)
    expect(turns.counts()).toEqual({ slots: 3, running: 1, waiting: 2 })
    first.giveBack()
    const begun = await large
    if (!begun.ok) throw new Error(begun.error)
    expect(turns.counts()).toEqual({ slots: 3, running: 3, waiting: 1 })
    begun.value.giveBack()
    expect((await small).ok).toBe(true)
    expect(turns.counts()).toEqual({ slots: 3, running: 1, waiting: 0 })
  })

  test('a large request that leaves lets those behind it in', async () => {
    const turns = openTurns({ slotsMax: 2, waitingMax: 2 })
    await taken(turns)
    const leaving = new AbortController()
    const large = turns.take(2, leaving.signal)
    const small = turns.take(1, patient)
    leaving.abort()
    expect(await large).toEqual({ ok: false, error: 'left' })
    expect((await small).ok).toBe(true)
  })

  test('more slots than there are break an invariant', async () => {
    const turns = openTurns({ slotsMax: 2, waitingMax: 2 })
    await expect(turns.take(3, patient)).rejects.toThrow(InvariantViolation)
  })

  test('a turn given back twice breaks an invariant', async () => {
    const turn = await taken(openTurns({ slotsMax: 1, waitingMax: 0 }))
    turn.giveBack()
    expect(() => turn.giveBack()).toThrow(InvariantViolation)
  })
})
