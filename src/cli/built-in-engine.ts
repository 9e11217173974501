/*
 * The engine that comes with the project, for a machine that has no other: `vouch engine` as a child without a key, which
 * listens on the loopback interface and ends with this process however that ends.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { engineRestartsMax, engineStartTimeoutMs } from '../base/limits.ts'
import { CommandFailure } from './command.ts'

export type BuiltInEngine = {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  /** Lets it finish what it answers, then ends it. */
  readonly stop: () => Promise<void>
}

/** Throws CommandFailure where it does not start; why is on standard error then. */
export async function startBuiltInEngine(terms: {
  readonly model: string
  /** Told when it ended by itself and is started again. */
  readonly onRestart: () => void
}): Promise<BuiltInEngine> {
  let child = spawnEngine(terms.model, '0')
  const origin = await readyOrigin(child)
  if (origin === undefined) {
    child.stdin?.end()
    throw new CommandFailure(
      `the built-in engine did not start: 'vouch engine --model ${terms.model}' says why`,
    )
  }
  const { port } = new URL(origin)
  let stopping = false
  let restarts = 0
  const watch = (watched: ChildProcess): void => {
    watched.once('exit', () => {
      if (stopping || restarts === engineRestartsMax) return
      restarts += 1
      terms.onRestart()
      child = spawnEngine(terms.model, port)
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

const program = join(import.meta.dirname, '../main.ts')

const spawnEngine = (model: string, port: string): ChildProcess =>
  spawn(process.execPath, [program, 'engine', '--model', model, '--port', port], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A group of its own: Ctrl-C reaches this process alone, which drains before it ends the engine.
    detached: true,
  })

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
