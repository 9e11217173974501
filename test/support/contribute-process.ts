/*
 * `vouch contribute` as a program starts it: a process of its own, which says what happens in lines of JSON.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const main = resolve(import.meta.dirname, '../../src/main.ts')

export type ContributeEvent = Readonly<Record<string, unknown>> & { readonly event: string }

export type ContributeProcess = {
  readonly pid: number
  /** All that was told so far. */
  readonly events: readonly ContributeEvent[]
  /** The first event, from the `from`th on, that fits; waits for it. Rejects where the process ends before. */
  readonly told: (
    name: string,
    fits?: (event: ContributeEvent) => boolean,
    from?: number,
  ) => Promise<ContributeEvent>
  /** Ctrl-C; resolves with the exit code. */
  readonly interrupt: () => Promise<number | null>
  /** kill -9 of this process alone. */
  readonly kill: () => Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>
}

export function startContribute(args: readonly string[]): ContributeProcess {
  const child = spawn(process.execPath, [main, 'contribute', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const events: ContributeEvent[] = []
  const waiting = new Set<() => void>()
  const lines = createInterface(child.stdout)
  lines.on('line', (line) => {
    events.push(JSON.parse(line) as ContributeEvent)
    for (const look of waiting) look()
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  const ended = Promise.all([exited, text(child.stderr), once(lines, 'close')]).then(
    ([[code], errors]) => ({ code, errors }),
  )
  return {
    pid: child.pid ?? 0,
    events,
    ended,
    told: (name, fits = () => true, from = 0) =>
      new Promise((found, missed) => {
        const look = (): void => {
          const event = events.slice(from).find((told) => told.event === name && fits(told))
          if (event === undefined) return
          waiting.delete(look)
          found(event)
        }
        waiting.add(look)
        look()
        void ended.then(({ errors }) => missed(new Error(`ended before "${name}": ${errors}`)))
      }),
    interrupt: async () => {
      child.kill('SIGINT')
      return (await ended).code
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** The gateway asks it from now on. */
export const untilAsked = (contributor: ContributeProcess): Promise<ContributeEvent> =>
  contributor.told('standing', ({ state }) => state === 'healthy')
