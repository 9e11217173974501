import { parseArgs } from 'node:util'
import type { GatewayConfig } from '../config.ts'
import { unlimited } from '../domain/caller-limits.ts'
import { checkConfig } from './check-config-command.ts'
import type { Command } from './command.ts'
import { readConfigReading } from './read-config.ts'
import { type ConfigReloading, reloadConfig } from './reload-config.ts'
import { startGateway } from './start-gateway.ts'
import { untilStopped } from './until-stopped.ts'

const help = `Usage: vouch serve [--config vouch.yaml] [--check]

Runs the gateway over your own upstreams and chain, with nothing embedded. Requests are
logged to standard output, one JSON line each, without prompts, answers or keys.

Options:
  --config FILE   the configuration (default: vouch.yaml); docs/configuration.md has every key
  --check         the same as 'vouch check-config FILE'
  --help          this text

The file is read again when it, or a file that it names, changes, and on SIGHUP: upstreams, models,
prices, limits and who may join are taken over while requests are under way. A file that is wrong, or that
changes what only a restart can change, is one line of the log, and nothing changes.

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
  if (values.check) return checkConfig({ file: values.config, connect: false, json: false })
  const reading = readConfigReading(values.config)
  const { config } = reading
  const begun = Promise.withResolvers<ConfigReloading>()
  const reload = async () => (await begun.promise).reloadNow()
  const gateway = await startGateway({ config, logFileDescriptor: 1, reload })
  const { routing, contributors, limits, log } = gateway
  const reconfigure = async (next: GatewayConfig): Promise<void> => {
    await routing.reconfigure(next)
    limits.replaceDefaults(next.limits ?? unlimited)
    await contributors.reconfigure(next)
  }
  const reloading = reloadConfig({ path: values.config, reading, reconfigure, log })
  begun.resolve(reloading)
  await untilStopped(() => {
    reloading.stop()
    return gateway.stop()
  })
  return 0
}

export const serveCommand: Command = {
  name: 'serve',
  summary: 'run the gateway from a vouch.yaml, with nothing embedded',
  help,
  run,
}
