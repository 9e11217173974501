import { parseArgs } from 'node:util'
import { type ConfigReading, configSchema, readConfigFile } from '../config.ts'
import { ConfigFault } from '../config-source.ts'
import { type ConnectionCheck, checkConnections } from './check-connections.ts'
import { type Command, CommandFailure, type Terminal, terminal } from './command.ts'
import { type ConfigWarning, configWarnings } from './config-warnings.ts'
import { type ConfigDescription, describeConfig, formatDescription } from './describe-config.ts'
import { createTokenCounters } from './token-counters.ts'

const help = `Usage: vouch check-config [FILE] [--connect] [--json]
       vouch check-config --schema

Reads a configuration as 'vouch serve' does and says what it found, without starting anything:
upstreams and models with their prices, chain and store, and what an operator may regret.

Options:
  FILE        the configuration (default: vouch.yaml); docs/configuration.md has every key
  --connect   also ask every chain for its id and contracts, and every upstream for its models
              (3 s each)
  --json      one JSON object: {ok, file, faults, found, warnings, connections}
  --schema    print the JSON Schema of the file, for editors:
              # yaml-language-server: $schema=./vouch.schema.json
  --help      this text

Exit codes: 0 it can be served by, 1 it cannot, or something did not answer as configured,
2 unusable arguments.
`

/** More lines than this help nobody. */
const faultsShownMax = 20

type Findings = {
  readonly file: string
  readonly faults: readonly string[]
  readonly found?: ConfigDescription
  readonly warnings: readonly ConfigWarning[]
  readonly connections: readonly ConnectionCheck[]
}

/** Checks one file and tells about it; `vouch serve --check` does no more. Answers the exit code. */
export async function checkConfig(
  asked: { readonly file: string; readonly connect: boolean; readonly json: boolean },
  output: Terminal = terminal,
): Promise<number> {
  const findings = await findingsOf(asked.file, asked.connect)
  const ok = findings.faults.length === 0 && findings.connections.every((one) => one.ok)
  if (asked.json) output.print(JSON.stringify({ ok, ...findings }))
  else tell(findings, output)
  return ok ? 0 : 1
}

async function findingsOf(file: string, connect: boolean): Promise<Findings> {
  const reading = readingOf(file)
  if ('faults' in reading) {
    return { file, faults: reading.faults, warnings: [], connections: [] }
  }
  return {
    file,
    faults: [],
    found: describeConfig(reading),
    warnings: configWarnings(reading),
    connections: connect ? await checkConnections(reading.config, Date.now()) : [],
  }
}

function readingOf(file: string): ConfigReading | { readonly faults: readonly string[] } {
  try {
    const reading = readConfigFile(file)
    createTokenCounters()(reading.config)
    return reading
  } catch (error) {
    if (error instanceof ConfigFault) return { faults: error.faults }
    if (error instanceof CommandFailure) return { faults: [error.message] }
    throw error
  }
}

function tell({ file, faults, found, warnings, connections }: Findings, output: Terminal): void {
  for (const fault of faults.slice(0, faultsShownMax)) output.printError(fault)
  const left = faults.length - faultsShownMax
  if (left > 0) output.printError(`and ${left} more`)
  if (found === undefined) return
  output.print(`${file} is good: ${found.upstreams.length} upstream(s)`)
  for (const line of formatDescription(found)) output.print(line)
  for (const { key, message } of warnings) output.print(`warning: ${key}: ${message}`)
  for (const { what, ok, detail } of connections) {
    if (ok) output.print(`ok: ${what}: ${detail}`)
    else output.printError(`failed: ${what}: ${detail}`)
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      connect: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      schema: { type: 'boolean', default: false },
    },
  })
  const [file = 'vouch.yaml', ...others] = positionals
  if (others.length > 0) throw new CommandFailure('one file at a time', 2)
  if (values.schema) {
    terminal.print(JSON.stringify(configSchema, null, 2))
    return 0
  }
  return checkConfig({ file, connect: values.connect, json: values.json })
}

export const checkConfigCommand: Command = {
  name: 'check-config',
  summary: 'say what is in a vouch.yaml, and what is wrong with it',
  help,
  run,
}
