import { describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import { openTurns, type Turn, type Turns } from '../../../src/engine/generation-turns.ts'

const patient = new AbortController().signal

async function taken(turns: Turns, signal: AbortSignal = patient): Promise<Turn> {
  const turn = await turns.take(signal)
  if (!turn.ok) throw new Error(turn.error)
  return turn.value
}

describe('openTurns', () => {
  test('gives turns up to the limit at once', async () => {
    const turns = openTurns({ runningMax: 2, waitingMax: 0 })
    await taken(turns)
    await taken(turns)
    expect(turns.counts()).toEqual({ running: 2, waiting: 0 })
    expect(await turns.take(patient)).toEqual({ ok: false, error: 'queue_full' })
  })

  test('those who wait go in the order in which they asked', async () => {
    const turns = openTurns({ runningMax: 1, waitingMax: 3 })
    const order: string[] = []
    let current = await taken(turns)
    const waiting = ['first', 'second', 'third'].map(async (name) => {
      const turn = await taken(turns)
      order.push(name)
      current = turn
    })
    expect(turns.counts()).toEqual({ running: 1, waiting: 3 })
    for (const next of waiting) {
      current.giveBack()
      await next
    }
    expect(order).toEqual(['first', 'second', 'third'])
    current.giveBack()
    expect(turns.counts()).toEqual({ running: 0, waiting: 0 })
  })

  test('a turn that is given back goes to who waits, not to who asks just then', async () => {
    const turns = openTurns({ runningMax: 1, waitingMax: 1 })
    const first = await taken(turns)
    const second = taken(turns)
    first.giveBack()
    expect(turns.counts()).toEqual({ running: 1, waiting: 0 })
    const third = turns.take(patient)
    expect(turns.counts()).toEqual({ running: 1, waiting: 1 })
    ;(await second).giveBack()
    expect((await third).ok).toBe(true)
  })

  test('who leaves while waiting takes no turn and makes room', async () => {
    const turns = openTurns({ runningMax: 1, waitingMax: 1 })
    const running = await taken(turns)
    const leaving = new AbortController()
    const left = turns.take(leaving.signal)
    leaving.abort()
    expect(await left).toEqual({ ok: false, error: 'left' })
    expect(turns.counts()).toEqual({ running: 1, waiting: 0 })
    const stayed = turns.take(patient)
    running.giveBack()
    expect((await stayed).ok).toBe(true)
    expect(turns.counts()).toEqual({ running: 1, waiting: 0 })
  })

  test('who left before asking takes no turn', async () => {
    const turns = openTurns({ runningMax: 1, waitingMax: 1 })
    expect(await turns.take(AbortSignal.abort())).toEqual({ ok: false, error: 'left' })
    expect(turns.counts()).toEqual({ running: 0, waiting: 0 })
  })

  test('leaving after the turn was given changes nothing', async () => {
    const turns = openTurns({ runningMax: 1, waitingMax: 1 })
    const first = await taken(turns)
    const leaving = new AbortController()
    const second = taken(turns, leaving.signal)
    first.giveBack()
    leaving.abort()
    await second
    expect(turns.counts()).toEqual({ running: 1, waiting: 0 })
  })

  test('a turn given back twice breaks an invariant', async () => {
    const turn = await taken(openTurns({ runningMax: 1, waitingMax: 0 }))
    turn.giveBack()
    expect(() => turn.giveBack()).toThrow(InvariantViolation)
  })
})
