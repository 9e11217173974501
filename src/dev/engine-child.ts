/*
 * `vouch engine` as a child that listens on the loopback interface. It ends with this process however that ends, because its
 * standard input does; a crash of its own is mended.
 *
 *   STARTING --ready--> RUNNING --it ended by itself--> RUNNING, at the same port, `engineRestartsMax` times at most
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { engineRestartsMax, engineStartTimeoutMs } from '../base/limits.ts'

export type EngineChild = {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  /** Lets it finish what it is answering, then ends it. */
  readonly stop: () => Promise<void>
}

type EngineChildTerms = {
  /** `src/main.ts`, by which it is started. */
  readonly program: string
  /** Options of `vouch engine` without their dashes; the port is chosen here. */
  readonly options: Readonly<Record<string, string | readonly string[]>>
  /** Told when it ended by itself and is started again, and for which time that is. */
  readonly onRestart: (restarts: number) => void
}

/** Undefined where it does not start; why is on standard error then. */
export async function startEngineChild(terms: EngineChildTerms): Promise<EngineChild | undefined> {
  let child = spawnEngine(terms, '0')
  const origin = await readyOrigin(child)
  if (origin === undefined) {
    child.stdin?.end()
    return undefined
  }
  const { port } = new URL(origin)
  let stopping = false
  let restarts = 0
  const watch = (watched: ChildProcess): void => {
    watched.once('exit', () => {
      if (stopping || restarts === engineRestartsMax) return
      restarts += 1
      terms.onRestart(restarts)
      child = spawnEngine(terms, port)
      watch(child)
    })
  }
  watch(child)
  return {
    origin,
    stop: async () => {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.stdin?.end()
      await exited
    },
  }
}

function spawnEngine({ program, options }: EngineChildTerms, port: string): ChildProcess {
  const args = Object.entries({ ...options, port }).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => [`--${name}`, one]),
  )
  return spawn(process.execPath, [program, 'engine', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A group of its own: Ctrl-C reaches this process alone, which drains before it ends the engine.
    detached: true,
  })
}

function readyOrigin(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), engineStartTimeoutMs)
    const done = (origin: string | undefined): void => {
      clearTimeout(timer)
      resolve(origin)
    }
    child.once('exit', () => done(undefined))
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { event, url } = parseLine(line)
      if (event === 'ready') done(url)
    })
  })
}

function parseLine(line: string): { readonly event?: string; readonly url?: string } {
  try {
    return JSON.parse(line) as { event?: string; url?: string }
  } catch {
    return {}
  }
}
