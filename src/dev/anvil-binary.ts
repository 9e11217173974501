import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** npm's name of a processor → the name that the foundry packages use. */
const processors: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/**
 * The anvil executable that npm installed for this machine; undefined where there is none. Not the package's own `bin`:
 * that is a Node program in between, which would get the signals meant for anvil and cost a process.
 */
export function anvilBinary(): string | undefined {
  const processor = processors[process.arch]
  if (processor === undefined) return undefined
  const program = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    // Resolved from the main package, whose dependency the platform's package is.
    const main = createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json')
    const platform = createRequire(main).resolve(
      `@foundry-rs/anvil-${process.platform}-${processor}/package.json`,
    )
    const path = join(dirname(platform), 'bin', program)
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
