/*
 * The port that a development chain had, so that it has it again: whoever was told its address, such as a contributor that
 * goes on running, finds it there after a restart.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const portPath = (folder: string): string => join(folder, 'port')

/** 0, which lets the system choose, where there was none yet or somebody else has it now. */
export async function keptPort(folder: string): Promise<number> {
  const port = readPort(folder)
  return port !== 0 && (await isFree(port)) ? port : 0
}

export function keepPort(folder: string, port: number): void {
  if (readPort(folder) !== port) writeFileSync(portPath(folder), `${port}\n`)
}

function readPort(folder: string): number {
  try {
    const port = Number(readFileSync(portPath(folder), 'utf8'))
    return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : 0
  } catch {
    return 0
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
