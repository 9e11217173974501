import { parseArgs } from 'node:util'
import { GatewayAdmin, type RemoteContributor } from '../client/gateway-admin.ts'
import { adminAccess } from './admin-access.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { readEntryOptions } from './contributor-entry.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'
import { rotateSecret } from './rotate-secret.ts'

const help = `Usage: vouch contributors list
       vouch contributors add --url URL --model NAME --context TOKENS --prompt-price P
                              --completion-price P [--upstream-model NAME] [--id NAME]
                              [--region R] [KEY]
       vouch contributors add --entry FILE [KEY]
       vouch contributors drain|readmit|approve|remove NAME
       vouch contributors rotate-secret [--secret-file FILE] [--forget-old]

Who answers, at a gateway that runs: its admin API is asked (docs/admin.md). Beside a running
'vouch dev' no option is needed. NAME is a contributor's id, or its name where only one has it;
of a lent key the name is WALLET/NAME, of one that joined its account, as list shows it. A contributor looks at itself with
'vouch contributor'.

  list            every contributor: its state, why, and what is in flight there
  add             adds a service, or replaces the one with the same URL and id
  drain           sends it no new request; what is in flight there ends
  readmit         sends it requests again, and holds nothing against it
  approve         lets a key be used that somebody lent, or a contributor that joined
  remove          drains it and forgets it, its key too
  rotate-secret   adds a new secret to the file that kept keys are encrypted with

Options:
  --gateway URL       the gateway (default: that of 'vouch dev', else http://127.0.0.1:8787)
  --token-file FILE   the admin token (default: that of 'vouch dev')
  --token-env NAME    the environment variable with the token, instead of a file
  --json              one JSON value on standard output

Options of add:
  --url URL               OpenAI base URL, ending in /v1
  --id NAME               your name for the key there (default: main)
  --model NAME            the public name of the model
  --upstream-model NAME   the name that the service knows it by (default: the same)
  --context TOKENS        prompt and completion together
  --prompt-price P        a million prompt tokens, in units of the asset
  --completion-price P    a million completion tokens
  --region R              where it computes
  --entry FILE            all of that and more as JSON: an 'upstreams' entry of vouch.yaml
KEY, the API key; it is never an argument, which others on the machine could see:
  --key-file FILE         a file with it; - is standard input
  --key-env NAME          the environment variable with it

Options of rotate-secret:
  --secret-file FILE      (default: contributor-secret in the data folder of 'vouch dev')
  --forget-old            keeps the newest alone: when every gateway has started with it

Exit codes: 0 done, 1 the gateway refused or could not be reached, 2 unusable arguments.
`

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      gateway: { type: 'string' },
      'token-file': { type: 'string' },
      'token-env': { type: 'string' },
      json: { type: 'boolean', default: false },
      url: { type: 'string' },
      id: { type: 'string' },
      model: { type: 'string' },
      'upstream-model': { type: 'string' },
      context: { type: 'string' },
      'prompt-price': { type: 'string' },
      'completion-price': { type: 'string' },
      region: { type: 'string' },
      entry: { type: 'string' },
      'key-file': { type: 'string' },
      'key-env': { type: 'string' },
      'secret-file': { type: 'string' },
      'forget-old': { type: 'boolean', default: false },
    },
  })
  const [asked, name, ...rest] = positionals
  const action = actionOf(asked)
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  if (action === 'rotate-secret') {
    for (const line of rotateSecret(values['secret-file'], values['forget-old'])) {
      terminal.print(line)
    }
    return 0
  }
  const { origin, token } = adminAccess({
    gateway: values.gateway,
    tokenFile: values['token-file'],
    tokenEnv: values['token-env'],
  })
  const admin = new GatewayAdmin(origin, token)
  const show = (contributors: readonly RemoteContributor[], value: unknown): number => {
    if (values.json) terminal.print(JSON.stringify(value, undefined, 2))
    else for (const line of linesOf(contributors)) terminal.print(line)
    return 0
  }
  if (action === 'list') {
    const data = orGatewayFailure(await admin.contributors())
    return show(data, { data })
  }
  const changed =
    action === 'add'
      ? await admin.add(await readEntryOptions(values))
      : await ordered(admin, action, name)
  const contributor = orGatewayFailure(changed)
  return show([contributor], contributor)
}

const orders = ['drain', 'approve', 'readmit'] as const
const actions = ['list', 'add', ...orders, 'remove', 'rotate-secret'] as const

function actionOf(text: string | undefined): (typeof actions)[number] {
  const action = actions.find((one) => one === text)
  if (action !== undefined) return action
  const what = text === undefined ? 'say what to do' : `there is no '${text}'`
  throw new CommandFailure(`${what}: ${actions.join(', ')}`, 2)
}

async function ordered(
  admin: GatewayAdmin,
  action: (typeof orders)[number] | 'remove',
  name: string | undefined,
) {
  if (name === undefined) throw new CommandFailure(`${action} needs the name of a contributor`, 2)
  const id = idOf(orGatewayFailure(await admin.contributors()), name)
  return action === 'remove' ? admin.remove(id) : admin.order(id, action)
}

function idOf(contributors: readonly RemoteContributor[], name: string): string {
  if (contributors.some(({ id }) => id === name)) return name
  const named = contributors.filter((contributor) => contributor.name === name)
  const [only] = named
  if (only === undefined) throw new CommandFailure(`there is no contributor '${name}'`)
  if (named.length === 1) return only.id
  const ids = named.map(({ id }) => id).join(', ')
  throw new CommandFailure(`'${name}' is the name of ${named.length}: say which (${ids})`)
}

/** Lines for each: who it is and how it does; where it is, what it says of itself, and why it does not do well. */
function linesOf(contributors: readonly RemoteContributor[]): readonly string[] {
  if (contributors.length === 0) return ['there is no contributor']
  return contributors.flatMap((one) => {
    const models = one.models.map(({ id }) => id).join(', ')
    const head = `${one.id}  ${one.state.padEnd(11)}  ${one.in_flight} in flight  ${models}`
    const region = one.region === null ? '' : `, ${one.region}`
    const where = `    ${one.name}, ${one.origin}${region}, ${one.url ?? 'no URL'}`
    const says = one.reported ? [saysOf(one.reported)] : []
    return [head, where, ...says, ...(one.cause === null ? [] : [`    ${one.cause}`])]
  })
}

const saysOf = ({ running, waiting, slots }: NonNullable<RemoteContributor['reported']>): string =>
  `    says of itself: ${running} running in ${slots} slots, ${waiting} waiting`

export const contributorsCommand: Command = {
  name: 'contributors',
  summary: 'add, drain, approve and remove who answers at a running gateway',
  help,
  run,
}
