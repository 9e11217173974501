import { openSync } from 'node:fs'
import { CommandFailure } from './command.ts'

/** A file that log lines are appended to, readable by its owner only. Answers its descriptor. */
export function openLogFile(path: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandFailure(`the log ${path} cannot be written (${code ?? 'unknown'})`)
  }
}
