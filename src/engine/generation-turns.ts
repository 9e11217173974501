import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'

/** The right to generate. Given back exactly once. */
export type Turn = { readonly giveBack: () => void }

export type Turns = {
  /**
   * Resolves when `slots` are free, in the order of asking; an error when too many wait or the
   * asker left first. Nobody asks for more than `slotsMax`.
   */
  readonly take: (
    slots: number,
    signal: AbortSignal,
  ) => Promise<Result<Turn, 'queue_full' | 'left'>>
  readonly counts: () => TurnCounts
}

/** `running` counts slots, `waiting` requests. */
type TurnCounts = {
  readonly slots: number
  readonly running: number
  readonly waiting: number
}

type Waiting = { readonly slots: number; readonly proceed: () => void }

/** Bounds how many answers are generated at once, and how many requests wait for it. */
export function openTurns(limits: {
  readonly slotsMax: number
  readonly waitingMax: number
}): Turns {
  const { slotsMax, waitingMax } = limits
  const waiting = new Set<Waiting>()
  let running = 0

  const isRoomFor = (slots: number): boolean => running + slots <= slotsMax

  /** A small request does not overtake a large one: that one might never begin. */
  function letIn(): void {
    for (const { slots, proceed } of waiting) {
      if (!isRoomFor(slots)) return
      proceed()
    }
  }

  function start(slots: number): Turn {
    running += slots
    let given = false
    return {
      giveBack: () => {
        assert(!given, 'a turn is given back once')
        given = true
        running -= slots
        letIn()
      },
    }
  }

  return {
    take: async (slots, signal) => {
      assert(slots >= 1 && slots <= slotsMax, 'a request asks for slots that there are')
      if (signal.aborted) return err('left')
      if (waiting.size === 0 && isRoomFor(slots)) return ok(start(slots))
      if (waiting.size >= waitingMax) return err('queue_full')
      return await new Promise((resolve) => {
        const leave = (): void => {
          waiting.delete(entry)
          resolve(err('left'))
          letIn()
        }
        const proceed = (): void => {
          waiting.delete(entry)
          signal.removeEventListener('abort', leave)
          // Started before the promise resolves, so that no later asker slips in between.
          resolve(ok(start(slots)))
        }
        const entry = { slots, proceed }
        waiting.add(entry)
        signal.addEventListener('abort', leave, { once: true })
      })
    },
    counts: () => ({ slots: slotsMax, running, waiting: waiting.size }),
  }
}
