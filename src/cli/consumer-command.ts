import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Command, CommandFailure, terminal } from './command.ts'
import { packageFolder, writeConsumerProject } from './consumer-project.ts'

const help = `Usage: vouch consumer new NAME [--dir FOLDER] [--vouch SPEC]

Writes a project with a contract that asks for inference: the contract, unit tests by forge, a script, and a test that
deploys it to the chain that 'npm start' runs, asks, and waits for the verified callback. docs/consumers.md goes through it.

  NAME           what the contract is called, such as Haiku

Options:
  --dir FOLDER   where the project is written (default: ./NAME); nothing that is there is overwritten
  --vouch SPEC   what its package.json says of vouch (default: this folder's package, as a link)

Then, in the folder: npm install, and npm test while 'npm start' runs.

Exit codes: 0 written, 1 the folder is there already or cannot be made, 2 unusable arguments.
`

/** Names that Solidity takes for a contract, and that are a file's name on every system. */
const namePattern = /^[A-Z][A-Za-z0-9]{0,63}$/

/** What the template has names for already: a contract of the same name would not compile. */
const imported: ReadonlySet<string> = new Set([
  'ChatInput',
  'IInferenceCoordinator',
  'InferenceConsumer',
])

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { dir: { type: 'string' }, vouch: { type: 'string' } },
  })
  const [what, name, ...rest] = positionals
  if (what !== 'new') throw new CommandFailure("say what to do: 'vouch consumer new NAME'", 2)
  if (name === undefined || !namePattern.test(name)) {
    throw new CommandFailure('NAME begins with a capital and has letters and digits alone', 2)
  }
  if (imported.has(name)) {
    throw new CommandFailure(`${name} is the name of something that the contract imports`, 2)
  }
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  const folder = resolve(values.dir ?? name)
  const vouch = values.vouch ?? `file:${relative(folder, packageFolder)}`
  const files = writeConsumerProject({ name, folder, vouch })
  const shown = relative(process.cwd(), folder) || '.'
  for (const file of files) terminal.print(`  ${join(shown, file)}`)
  terminal.print(`
Next, with 'npm start' running elsewhere:

  cd ${shown}
  npm install
  npm test`)
  return 0
}

export const consumerCommand: Command = {
  name: 'consumer',
  summary: 'begin a project with a contract that asks for inference',
  help,
  run,
}
