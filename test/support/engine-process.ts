import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { RequestEnd } from '../../src/engine/engine-routes.ts'

const mainFile = join(import.meta.dirname, '../../src/main.ts')

/** A real `vouch engine`, started as its own process. */
export type EngineProcess = {
  readonly url: string
  readonly modelId: string
  readonly contributor: string | null
  readonly process: ChildProcessWithoutNullStreams
  /** The log line of the next chat completion that ends; lines are kept until they are asked for. */
  readonly nextRequestEnd: () => Promise<RequestEnd>
  /** Ends its standard input, as a parent that goes away does; resolves with the exit code. */
  readonly stop: () => Promise<number | null>
}

type Line = { readonly event: string; readonly [member: string]: unknown }

export async function startEngine(args: readonly string[] = []): Promise<EngineProcess> {
  const child = spawnEngine(['--log', 'requests', ...args])
  const exited = once(child, 'exit') as Promise<[number | null]>
  const failed = text(child.stderr)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<Line> => {
    const line = await lines.next()
    if (line.done) throw new Error(`the engine ended: ${await failed}`)
    return JSON.parse(line.value) as Line
  }
  const ready = await next()
  return {
    url: String(ready['url']),
    modelId: String(ready['modelId']),
    contributor: ready['contributor'] as string | null,
    process: child,
    nextRequestEnd: async () => (await next()) as unknown as RequestEnd,
    stop: async () => {
      child.stdin.end()
      const [code] = await exited
      return code
    },
  }
}

/** Runs an engine that is expected to end by itself. */
export async function runEngine(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawnEngine(args)
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ])
  return { code, stdout, stderr }
}

const spawnEngine = (args: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [mainFile, 'engine', ...args], { stdio: 'pipe' })
