import { plainLine } from './plain-line.ts'

/** One command of `vouch`. A file each in this folder; main.ts lists them. */
export type Command = {
  readonly name: string
  /** One line for `vouch --help`. */
  readonly summary: string
  /** The whole text of `vouch <name> --help`: usage, options with defaults and units, examples, exit codes. */
  readonly help: string
  /** Resolves with the exit code: 0 done, 1 the answer is no or the work failed, 2 unusable arguments. */
  readonly run: (argv: readonly string[]) => Promise<number>
}

/** What a person may read on standard output and standard error; tests pass their own. */
export type Terminal = {
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

export const terminal: Terminal = {
  print: (line) => void process.stdout.write(`${plainLine(line)}\n`),
  printError: (line) => void process.stderr.write(`${plainLine(line)}\n`),
}

/** An expected failure of a command: its message is the one line that the person gets, without a stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
