import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'

/** The right to generate. Given back exactly once. */
export type Turn = { readonly giveBack: () => void }

export type Turns = {
  /**
   * Resolves when a turn is free, in the order of asking; an error when too many wait or the asker
   * left first.
   */
  readonly take: (signal: AbortSignal) => Promise<Result<Turn, 'queue_full' | 'left'>>
  readonly counts: () => TurnCounts
}

type TurnCounts = { readonly running: number; readonly waiting: number }

/**
 * Bounds how many requests generate at once and how many wait for it. Those that run share the
 * model token by token: each pass over the model is one turn of the event loop.
 */
export function openTurns(limits: {
  readonly runningMax: number
  readonly waitingMax: number
}): Turns {
  const waiting = new Set<() => void>()
  let running = 0

  function start(): Turn {
    running += 1
    let given = false
    return {
      giveBack: () => {
        assert(!given, 'a turn is given back once')
        given = true
        running -= 1
        const [next] = waiting
        next?.()
      },
    }
  }

  return {
    take: async (signal) => {
      if (signal.aborted) return err('left')
      if (running < limits.runningMax) return ok(start())
      if (waiting.size >= limits.waitingMax) return err('queue_full')
      return await new Promise((resolve) => {
        const leave = (): void => {
          waiting.delete(proceed)
          resolve(err('left'))
        }
        const proceed = (): void => {
          waiting.delete(proceed)
          signal.removeEventListener('abort', leave)
          // Started before the promise resolves, so that no later asker slips in between.
          resolve(ok(start()))
        }
        waiting.add(proceed)
        signal.addEventListener('abort', leave, { once: true })
      })
    },
    counts: () => ({ running, waiting: waiting.size }),
  }
}
