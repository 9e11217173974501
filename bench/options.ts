import { parseArgs } from 'node:util'

export const phases = ['unary', 'burst', 'paced', 'latency', 'memory'] as const
export type Phase = (typeof phases)[number]

export type Options = {
  readonly rounds: number
  readonly seconds: number
  readonly phases: readonly Phase[]
  readonly without: readonly string[]
  readonly against: string | undefined
  /** Where Portkey's gateway is installed. */
  readonly portkeyFolder: string | undefined
  readonly dataFolder: string | undefined
  readonly profileFolder: string | undefined
  readonly json: boolean
}

export const help = `Usage: node bench/run.ts [options]

Measures the gateway against nginx and a bare node:http + undici proxy, all in front of the
same upstream, in interleaved rounds. Each contender is kept to one core; upstream and load
share another. CPU is what the kernel accounts to the contender's own processes.

Phases:
  unary     closed loop, 256 connections, about 1 KB each way: CPU µs per request
  burst     500 streams at once, 40 events each as fast as they can be written: CPU µs per event
  paced     500 streams open at once, an event each 40 ms: CPU µs per event, delay per event
  latency   100 requests a second: p50 and p99 over direct, unary and first streamed byte
  memory    RSS at rest, over 100,000 requests and over 10,000 aborted streams (gateway only)

Options:
  --only PHASES     comma-separated phases (default: all)
  --rounds N        rounds after three that warm up and are not counted (default: 5)
  --seconds N       length of one contender's slice of a round (default: 2)
  --without NAMES   contenders to leave out: nginx, bare (default: none; a missing nginx fails)
  --against DIR     another checkout of this repository, whose gateway runs as 'before'
  --portkey FOLDER  also measures Portkey's gateway, installed there by
                    npm install --prefix FOLDER @portkey-ai/gateway (25 MB)
  --data FOLDER     where ledgers are written (default: the folder for temporary files); what
                    is measured is the durability of that disk
  --profile FOLDER  writes CPU profiles of the gateway there (its figures are then too high)
  --json            the figures of every round as one JSON object on standard output
  --help            this text

Exit codes: 0 measured, 1 a wrong answer or a missing program, 2 unusable arguments.
Whether a budget is met is printed, not an exit code: a shared machine is no judge.
`

export class UnusableArguments extends Error {}

/** Undefined when help was asked for. Throws UnusableArguments with one line. */
export function readOptions(argv: readonly string[]): Options | undefined {
  const { values } = parse(argv)
  if (values.help) return undefined
  const only = list(values.only)
  const unknown = only.find((name) => !phases.includes(name as Phase))
  if (unknown !== undefined) {
    throw new UnusableArguments(`there is no phase '${unknown}'; there are ${phases.join(', ')}`)
  }
  const without = list(values.without)
  const nobody = without.find((name) => name !== 'nginx' && name !== 'bare')
  if (nobody !== undefined) throw new UnusableArguments(`cannot leave out '${nobody}'`)
  return {
    rounds: positive('--rounds', values.rounds),
    seconds: positive('--seconds', values.seconds),
    phases: only.length === 0 ? phases : phases.filter((phase) => only.includes(phase)),
    without,
    against: values.against,
    portkeyFolder: values.portkey,
    dataFolder: values.data,
    profileFolder: values.profile,
    json: values.json,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string', default: '' },
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '2' },
        without: { type: 'string', default: '' },
        against: { type: 'string' },
        portkey: { type: 'string' },
        data: { type: 'string' },
        profile: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    })
  } catch (error) {
    throw new UnusableArguments(error instanceof Error ? error.message : String(error))
  }
}

const list = (text: string): readonly string[] => text.split(',').filter((name) => name !== '')

function positive(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1000) {
    throw new UnusableArguments(`${option} is a whole number from 1 to 1000`)
  }
  return value
}
