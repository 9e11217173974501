/*
 * A real redis-server of a test's own: on a free port of this machine, in a folder of its own, set as the ledger demands
 * it. It can be killed at any moment, started again from its files, and copied as its files are now.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'

export type RedisServer = {
  readonly url: string
  readonly kill: (signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => Promise<void>
  /** After a kill, on the same port and folder. */
  readonly restart: () => Promise<void>
  /** Another server, on what the files of this one say now. */
  readonly copy: () => Promise<RedisServer>
  /** One connection, closed again. */
  readonly command: (...words: readonly [string, ...string[]]) => Promise<unknown>
  readonly stop: () => Promise<void>
}

/** `settings` come last and so win: `['--appendfsync', 'everysec']`. */
export async function startRedisServer(settings: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-redis-'))
  return startIn(folder, settings)
}

async function startIn(folder: string, settings: readonly string[]): Promise<RedisServer> {
  const begun = await runOnFreePort(folder, settings)
  const { port } = begun
  let { server } = begun
  const url = `redis://127.0.0.1:${port}`
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill(signal)
    await exited
  }
  return {
    url,
    kill: async (signal) => {
      if (signal === 'SIGKILL') await end(signal)
      else server.kill(signal)
    },
    restart: async () => {
      server = await run(folder, port, settings)
    },
    copy: async () => {
      const copyFolder = mkdtempSync(join(tmpdir(), 'vouch-redis-'))
      cpSync(folder, copyFolder, { recursive: true })
      return startIn(copyFolder, settings)
    },
    command: async (name, ...args) => {
      const redis = new Redis(url)
      try {
        return await redis.call(name, ...args)
      } finally {
        redis.disconnect()
      }
    },
    stop: async () => {
      server.kill('SIGCONT')
      await end('SIGKILL')
      rmSync(folder, { recursive: true })
    },
  }
}

/** A port that was free may be taken by another test before the server has it. */
async function runOnFreePort(
  folder: string,
  settings: readonly string[],
): Promise<{ readonly server: ChildProcess; readonly port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return { server: await run(folder, port, settings), port }
    } catch (error) {
      if (attempt === 5 || !String(error).includes('Address already in use')) throw error
    }
  }
}

/** Resolves when the server takes connections, with everything from its disk loaded. */
async function run(
  folder: string,
  port: number,
  settings: readonly string[],
): Promise<ChildProcess> {
  const server = spawn(
    'redis-server',
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always', ...settings],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const output: string[] = []
  const started = new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT'
      reject(isMissing ? new Error('redis-server is missing: apt-get install redis-server') : error)
    })
    server.once('exit', () => reject(new Error(`redis-server ended: ${output.join('\n')}`)))
    // Reads to the end, so that a full pipe never stops the server.
    createInterface(server.stdout).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve()
      if (output.length < 50) output.push(line)
    })
  })
  // A test that is killed must not leave its server behind.
  const killNow = () => server.kill('SIGKILL')
  process.once('exit', killNow)
  server.once('exit', () => process.off('exit', killNow))
  await started
  return server
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
