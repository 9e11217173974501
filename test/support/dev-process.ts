/*
 * `vouch dev` as a person starts it: a process of its own with a real chain, contributor and model behind it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import OpenAI from 'openai'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

export type Finished = { readonly code: number | null; readonly output: string }

export type DevProcess = {
  readonly origin: string
  readonly rpcUrl: string
  readonly apiKey: string
  readonly channelId: string
  readonly receiptVerifier: string
  readonly client: OpenAI
  readonly output: () => string
  readonly get: (path: string) => Promise<Response>
  readonly receipt: (receiptId: string) => Promise<ReceiptDocument>
  /** Ctrl-C; resolves with the exit code. */
  readonly interrupt: () => Promise<Finished>
  /** kill -9 of the gateway's process alone, as the kernel would do it. */
  readonly kill: () => Promise<void>
}

/** Starts it on a free port with its data in `folder` and resolves when it says that it is running. */
export async function startDev(
  folder: string,
  options: readonly string[] = [],
): Promise<DevProcess> {
  const child = spawn(
    process.execPath,
    [main, 'dev', '--port', '0', '--data', folder, ...options],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const output = collect(child)
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  await waitFor(child, output, 'Ctrl-C stops.')
  const match = (pattern: RegExp) => pattern.exec(output())?.[1] ?? ''
  const origin = match(/base URL +(\S+)\/v1/)
  const apiKey = readFileSync(join(folder, 'api-key'), 'utf8').trim()
  const get = (path: string) =>
    fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${apiKey}` } })
  return {
    origin,
    rpcUrl: match(/--rpc (\S+)/),
    apiKey,
    channelId: match(/channel +(0x[0-9a-f]{64})/),
    receiptVerifier: match(/ReceiptVerifier +(0x[0-9a-f]{40})/),
    client: new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 }),
    output,
    get,
    receipt: async (receiptId) => {
      const answer = await get(`/v1/receipts/${receiptId}`)
      if (!answer.ok) throw new Error(`receipt ${receiptId}: ${answer.status}`)
      return (await answer.json()) as ReceiptDocument
    },
    interrupt: async () => {
      child.kill('SIGINT')
      return { code: await exited, output: output() }
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

export type ServeProcess = Pick<DevProcess, 'origin' | 'output' | 'interrupt' | 'kill'> & {
  /** SIGHUP: its file is to be read again. */
  readonly hangUp: () => void
  /** The log line of that name that comes as the `count`th one; waits for it. */
  readonly logged: (event: string, count?: number) => Promise<LogLine>
}

export type LogLine = Readonly<Record<string, string | number>>

/** `vouch serve` over a configuration, on the port that the configuration leaves free. */
export async function startServe(configPath: string): Promise<ServeProcess> {
  const child = spawn(process.execPath, [main, 'serve', '--config', configPath], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child)
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  await waitFor(child, output, '"msg":"listening"')
  return {
    origin: /"origin":"([^"]+)"/.exec(output())?.[1] ?? '',
    output,
    hangUp: () => void child.kill('SIGHUP'),
    logged: async (event, count = 1) => {
      const linesOf = () => output().split('\n').slice(0, -1)
      const found = () => linesOf().filter((line) => line.includes(`"msg":"${event}"`))[count - 1]
      await waitFor(child, () => found() ?? '', '{')
      return JSON.parse(found() ?? '') as LogLine
    },
    interrupt: async () => {
      child.kill('SIGINT')
      return { code: await exited, output: output() }
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Runs a command of `vouch` to its end. */
export function runVouch(
  args: readonly string[],
  input?: string,
  folder?: string,
): Promise<Finished> {
  const child = spawn(process.execPath, [main, ...args], {
    ...(folder !== undefined && { cwd: folder }),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A command that hangs must not outlive its test.
    timeout: 50_000,
    killSignal: 'SIGKILL',
  })
  const output = collect(child)
  child.stdin.end(input)
  return new Promise((done) => child.once('close', (code) => done({ code, output: output() })))
}

function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  return () => text
}

function waitFor(child: ChildProcess, output: () => string, words: string): Promise<void> {
  return new Promise((done, fail) => {
    const ended = (): void => fail(new Error(`vouch ended before that: ${output()}`))
    const look = (): void => {
      if (!output().includes(words)) return
      child.stdout?.off('data', look)
      child.off('exit', ended)
      done()
    }
    child.stdout?.on('data', look)
    child.once('exit', ended)
    look()
  })
}
