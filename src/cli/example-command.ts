import { parseArgs } from 'node:util'
import { JobUnanswered } from '../client/follow-job.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { playCharacter } from './example-character.ts'
import { keepOracle, oracleContributors } from './example-oracle.ts'
import { openExamplePlace } from './example-place.ts'
import { ExampleSteps } from './example-steps.ts'
import { rebalanceTreasury, requireProvers } from './example-treasury.ts'

const help = `Usage: vouch example character|oracle|treasury [--data FOLDER]

Runs a contract that asks, from its deployment to the state that the chain has at the end, and tells each step with its time,
transaction and gas. The contracts are in contracts/src/examples.

  character   a character of a game: a line is said to it, and it answers through the language model
  oracle      an oracle of risk with a schedule: two of three contributors must say the same of the prices that it saw
  treasury    a treasury that rebalances by the volatility that a model expects, proven in zero knowledge; the proof is
              verified in the transaction that delivers it. Needs 'npm run zk:install' and 'npm run zk:dev volatility'

Runs at the 'vouch dev' of this folder ('npm start') where that is enough for it; else it starts one of its own in a temporary
folder, and ends it.

Options:
  --data FOLDER   the data folder of the 'vouch dev' to run at; none is started then
  --say LINE      what is said to the character

Exit codes: 0 the chain has the verified state, 1 something failed, 2 unusable arguments.
`

const contributorsOf = { character: 1, oracle: oracleContributors, treasury: 1 } as const

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { data: { type: 'string' }, say: { type: 'string' } },
  })
  const [name = '', ...rest] = positionals
  if (!Object.hasOwn(contributorsOf, name) || rest.length > 0) {
    const known = Object.keys(contributorsOf).join(', ')
    throw new CommandFailure(`say which example, one of ${known}`, 2)
  }
  const example = name as keyof typeof contributorsOf
  const needs = { contributors: contributorsOf[example], data: values.data }
  if (example === 'treasury') await requireProvers()
  const place = await openExamplePlace(needs, terminal)
  try {
    const steps = new ExampleSteps(place, terminal, Date.now)
    if (example === 'character') await playCharacter(steps, values.say)
    if (example === 'oracle') await keepOracle(steps)
    if (example === 'treasury') await rebalanceTreasury(steps)
    return 0
  } catch (error) {
    if (error instanceof JobUnanswered) throw new CommandFailure(error.message)
    throw error
  } finally {
    await place.close()
  }
}

export const exampleCommand: Command = {
  name: 'example',
  summary: 'run a contract that asks: a treasury, a character, an oracle',
  help,
  run,
}
