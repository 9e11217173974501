#!/usr/bin/env -S node --max-semi-space-size=64
import { type Command, CommandFailure, terminal } from './cli/command.ts'
import { keepCompiled } from './cli/keep-compiled.ts'

const nodeMajorMin = 26

/** A command's code is loaded when it is asked for: `vouch --help` opens no database and no model. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./cli/dev-command.ts')).devCommand,
  serve: async () => (await import('./cli/serve-command.ts')).serveCommand,
  'check-config': async () => (await import('./cli/check-config-command.ts')).checkConfigCommand,
  verify: async () => (await import('./cli/verify-command.ts')).verifyCommand,
  audit: async () => (await import('./cli/audit-command.ts')).auditCommand,
  audits: async () => (await import('./cli/audits-command.ts')).auditsCommand,
  log: async () => (await import('./cli/log-command.ts')).logCommand,
  channel: async () => (await import('./cli/channel-command.ts')).channelCommand,
  wallet: async () => (await import('./cli/wallet-command.ts')).walletCommand,
  keys: async () => (await import('./cli/keys-command.ts')).keysCommand,
  settlement: async () => (await import('./cli/settlement-command.ts')).settlementCommand,
  contracts: async () => (await import('./cli/contracts-command.ts')).contractsCommand,
  jobs: async () => (await import('./cli/jobs-command.ts')).jobsCommand,
  consumer: async () => (await import('./cli/consumer-command.ts')).consumerCommand,
  example: async () => (await import('./cli/example-command.ts')).exampleCommand,
  payouts: async () => (await import('./cli/payouts-command.ts')).payoutsCommand,
  contributor: async () => (await import('./cli/contributor-command.ts')).contributorCommand,
  contributors: async () => (await import('./cli/contributors-command.ts')).contributorsCommand,
  lend: async () => (await import('./cli/lend-command.ts')).lendCommand,
  contribute: async () => (await import('./cli/contribute-command.ts')).contributeCommand,
  engine: async () => (await import('./cli/engine-command.ts')).engineCommand,
  models: async () => (await import('./cli/models-command.ts')).modelsCommand,
  prove: async () => (await import('./cli/prove-command.ts')).proveCommand,
  slash: async () => (await import('./cli/slash-command.ts')).slashCommand,
  zk: async () => (await import('./cli/zk-command.ts')).zkCommand,
  panel: async () => (await import('./cli/panel-command.ts')).panelCommand,
}

async function help(): Promise<string> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()))
  const rows = loaded.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`)
  return [
    'Usage: vouch <command> [options]',
    '',
    'A verifiable inference gateway: OpenAI-compatible, metered on payment channels, each answer',
    'with a receipt that any EVM contract can check.',
    '',
    'Commands:',
    ...rows,
    '',
    "'vouch <command> --help' explains one. 'npm start' is 'vouch dev'.",
  ].join('\n')
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.print(await help())
    return 0
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) {
    terminal.printError(`vouch: there is no command '${name}'; 'vouch --help' lists them`)
    return 2
  }
  const command = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.print(command.help)
    return 0
  }
  return runCommand(command, rest)
}

async function runCommand(command: Command, argv: readonly string[]): Promise<number> {
  try {
    return await command.run(argv)
  } catch (error) {
    if (error instanceof CommandFailure) {
      terminal.printError(`vouch ${command.name}: ${error.message}`)
      return error.exitCode
    }
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code.startsWith('ERR_PARSE_ARGS')) {
      const why = (error as Error).message.replaceAll('\n', ' ')
      terminal.printError(`vouch ${command.name}: ${why}`)
      terminal.printError(`'vouch ${command.name} --help' lists the options`)
      return 2
    }
    throw error
  }
}

if (Number(process.versions.node.split('.')[0]) < nodeMajorMin) {
  terminal.printError(
    `vouch needs Node ${nodeMajorMin} (this is ${process.version}); 'npm install' brings it: run through npm or npx`,
  )
  process.exit(1)
}
keepCompiled()
// A reader that has seen enough, as `head` does, is no failure of the command, and takes no gateway down.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
process.exitCode = await main(process.argv.slice(2))
