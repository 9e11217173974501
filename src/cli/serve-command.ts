import { parseArgs } from 'node:util'
import { type Command, terminal } from './command.ts'
import { readConfig } from './read-config.ts'
import { startGateway } from './start-gateway.ts'
import { untilStopped } from './until-stopped.ts'

const help = `Usage: vouch serve [--config vouch.yaml] [--check]

Runs the gateway over your own upstreams and chain, with nothing embedded. Requests are
logged to standard output, one JSON line each, without prompts, answers or keys.

Options:
  --config FILE   the configuration (default: vouch.yaml); docs/configuration.md has every key
  --check         read the configuration, say whether it is good, and exit
  --help          this text

Stops on Ctrl-C or SIGTERM: requests in flight end first (at most 20 s), what was charged is
claimed, and the exit code is 0. A second Ctrl-C stops at once.

Exit codes: 0 stopped as asked, 1 could not start or run, 2 unusable arguments.
`

async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      config: { type: 'string', default: 'vouch.yaml' },
      check: { type: 'boolean', default: false },
    },
  })
  const config = readConfig(values.config)
  if (values.check) {
    terminal.print(`${values.config} is good: ${config.upstreams.length} upstream(s)`)
    return 0
  }
  const gateway = await startGateway({ config, logFileDescriptor: 1 })
  await untilStopped(() => gateway.stop())
  return 0
}

export const serveCommand: Command = {
  name: 'serve',
  summary: 'run the gateway from a vouch.yaml, with nothing embedded',
  help,
  run,
}
