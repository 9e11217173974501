import { describe, expect, test } from 'vitest'
import { type Visitor, WaitingRoom } from '../../../src/routing/waiting-room.ts'

type Timer = { readonly delayMs: number; readonly run: () => void; cancelled: boolean }

const open = (bounds = { queuedMax: 10, queuedPerCallerMax: 5 }) => {
  const timers: Timer[] = []
  const log: string[] = []
  /** Who is served when he tries; everybody else is told to come again after 300 ms. */
  const welcome = new Set<string>()
  const room = new WaitingRoom((delayMs, run) => {
    const timer = { delayMs, run, cancelled: false }
    timers.push(timer)
    return () => {
      timer.cancelled = true
    }
  }, bounds)
  const visitor = (name: string, deadlineMs = 10_000): Visitor => ({
    callerId: name[0] ?? '',
    deadlineMs,
    late: () => log.push(`${name} late`),
    tryServe: async () => {
      if (!welcome.has(name)) {
        log.push(`${name} refused`)
        return 300
      }
      log.push(name)
      return undefined
    },
  })
  const running = () => timers.filter(({ cancelled }) => !cancelled)
  return { room, visitor, welcome, log, timers: running }
}

describe('WaitingRoom', () => {
  test('serves in turn, as long as it can', async () => {
    const { room, visitor, welcome, log } = open()
    for (const name of ['a1', 'a2', 'b1']) {
      expect(room.enter(visitor(name), 100, 0)).toBe(true)
      welcome.add(name)
    }
    await room.wake(10)
    expect(log).toEqual(['a1', 'b1', 'a2'])
    expect(room.isEmpty).toBe(true)
  })

  test('has a bound', () => {
    const { room, visitor } = open({ queuedMax: 1, queuedPerCallerMax: 1 })
    expect(room.enter(visitor('a1'), 0, 0)).toBe(true)
    expect(room.enter(visitor('b1'), 0, 0)).toBe(false)
  })

  test('one that finds no room holds up nobody behind it', async () => {
    const { room, visitor, welcome, log } = open()
    for (const name of ['a1', 'b1']) room.enter(visitor(name), 100, 0)
    welcome.add('b1')
    await room.wake(10)
    expect(log).toEqual(['a1 refused', 'b1', 'a1 refused'])
  })

  test('after a few refusals it stops, except by its own clock', async () => {
    const { room, visitor, welcome, log, timers } = open()
    for (const name of ['a1', 'b1', 'c1', 'd1', 'e1']) room.enter(visitor(name), 100, 0)
    welcome.add('e1')
    await room.wake(10)
    expect(log).toEqual(['a1 refused', 'b1 refused', 'c1 refused', 'd1 refused'])
    const [timer] = timers()
    expect(timer?.delayMs).toBe(300)
    timer?.run()
    await new Promise(setImmediate)
    expect(log).toContain('e1')
  })

  test('wakes by itself when somebody may have room, but not all the time', async () => {
    const { room, visitor, welcome, log, timers } = open()
    room.enter(visitor('a1'), 1, 0)
    expect(timers().map(({ delayMs }) => delayMs)).toEqual([50])
    welcome.add('a1')
    timers()[0]?.run()
    await new Promise(setImmediate)
    expect(log).toEqual(['a1'])
    expect(timers()).toEqual([])
  })

  test('who comes too late is told, at his deadline', async () => {
    const { room, visitor, log, timers } = open()
    room.enter(visitor('a1', 200), 100_000, 0)
    expect(timers().map(({ delayMs }) => delayMs)).toEqual([200])
    timers()[0]?.run()
    await new Promise(setImmediate)
    expect(log).toEqual(['a1 late'])
    expect(room.isEmpty).toBe(true)
  })

  test('who left is neither served nor told', async () => {
    const { room, visitor, welcome, log } = open()
    const leaver = visitor('a1', 5)
    welcome.add('a1')
    room.enter(leaver, 100, 0)
    room.leave(leaver)
    await room.wake(10)
    expect(log).toEqual([])
  })

  test('room that comes while somebody is served is not missed', async () => {
    const { room, visitor, welcome, log } = open()
    room.enter(visitor('a1'), 100, 0)
    const first = room.wake(10)
    welcome.add('a1')
    const second = room.wake(11)
    await Promise.all([first, second])
    expect(log).toEqual(['a1 refused', 'a1'])
  })
})
