import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { Finished } from './dev-process.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')
/** It starts a chain and several engines, and loads the model for each. */
export const exampleTimeoutMs = 180_000

/** `vouch example` to its end. One that hangs does not outlive its test, and is told to end what it started. */
export function runExample(args: readonly string[], cwd: string): Promise<Finished> {
  const child = spawn(process.execPath, [main, 'example', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: exampleTimeoutMs - 10_000,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  return new Promise((done) => child.once('close', (code) => done({ code, output })))
}
