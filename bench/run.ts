/*
 * `npm run bench`: one command, one machine, interleaved rounds. What the figures mean and what they were: README.md.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type Contender,
  direct,
  startBareProxy,
  startGatewayProcess,
  startNginx,
  startPortkey,
} from './contenders.ts'
import { describeMachine } from './describe-machine.ts'
import {
  type Measured,
  measureBurst,
  measureLatency,
  measureMemory,
  measurePaced,
  measureUnary,
  type Schedule,
  WrongAnswer,
} from './measure.ts'
import { help, type Options, readOptions, UnusableArguments } from './options.ts'
import { chooseCores, MissingProgram, pinSelf, residentBytesOf } from './process-accounting.ts'
import { gatewayWithoutDisk, type Report, renderReport, reportAsJson } from './report.ts'
import { startUpstream } from './upstream.ts'

const memoryFolder = '/dev/shm'
const ownRoot = new URL('..', import.meta.url).pathname
const memoryWork = { requests: 100_000, abortedStreams: 10_000 }

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Who takes part in which phases. */
type Field = {
  readonly costs: readonly Contender[]
  readonly latencies: readonly Contender[]
  readonly gateway: Contender
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = readOptions(argv)
    if (options === undefined) process.stdout.write(help)
    else await bench(options)
    return 0
  } catch (error) {
    if (error instanceof UnusableArguments) {
      say(`bench: ${error.message}\n'node bench/run.ts --help' lists the options`)
      return 2
    }
    if (error instanceof WrongAnswer || error instanceof MissingProgram) {
      say(`bench: ${error.message}`)
      return 1
    }
    throw error
  }
}

async function bench(options: Options): Promise<void> {
  const cores = chooseCores()
  pinSelf(cores.load)
  const folders: string[] = []
  const upstream = await startUpstream()
  const started: Contender[] = []
  try {
    const field = await startField(options, {
      core: cores.contender,
      upstream: upstream.host,
      folders,
      started,
    })
    const machine = describeMachine({ ...cores, dataFolder: folders[0] ?? '' })
    const restBytes = new Map(field.costs.map((one) => [one, residentBytesOf(one.pids)]))
    const schedule: Schedule = { ...options, note: say, answered: new Map() }
    const measured = await measure(options, field, schedule)
    for (const contender of started) checkReceipts(contender, schedule)
    const report = { restBytes, ...measured }
    const text = options.json
      ? reportAsJson(report, { machine, ...options })
      : `${machine}\n${renderReport(report)}`
    process.stdout.write(`${text}\n`)
  } finally {
    for (const contender of started) await contender.stop()
    await upstream.close()
    for (const folder of folders) rmSync(folder, { recursive: true })
  }
}

/** Starts everyone who takes part; each is put into `started` at once, so that a failure leaves nobody behind. */
async function startField(
  options: Options,
  place: {
    readonly core: number
    readonly upstream: string
    readonly folders: string[]
    readonly started: Contender[]
  },
): Promise<Field> {
  const { core, upstream, folders, started } = place
  const newFolder = (parent: string): string => {
    const folder = mkdtempSync(join(parent, 'vouch-bench-'))
    folders.push(folder)
    return folder
  }
  const onDisk = { core, upstream, folder: newFolder(options.dataFolder ?? tmpdir()) }
  const begin = async (starting: Promise<Contender>): Promise<Contender> => {
    const contender = await starting
    started.push(contender)
    return contender
  }
  const costs: Contender[] = []
  if (!options.without.includes('nginx')) costs.push(await begin(startNginx(onDisk)))
  if (!options.without.includes('bare')) costs.push(await begin(startBareProxy(onDisk)))
  if (options.portkeyFolder !== undefined) {
    costs.push(await begin(startPortkey(onDisk, options.portkeyFolder)))
  }
  if (options.against !== undefined) {
    const before = { name: 'before', root: options.against }
    costs.push(await begin(startGatewayProcess(onDisk, before)))
  }
  const { profileFolder } = options
  const own = { name: 'gateway', root: ownRoot, ...(profileFolder && { profileFolder }) }
  const gateway = await begin(startGatewayProcess(onDisk, own))
  costs.push(gateway)
  const latencies = [direct(upstream), ...costs]
  if (options.phases.includes('latency') && existsSync(memoryFolder)) {
    const inMemory = { core, upstream, folder: newFolder(memoryFolder) }
    const diskless = { name: gatewayWithoutDisk, root: ownRoot }
    latencies.push(await begin(startGatewayProcess(inMemory, diskless)))
  }
  return { costs, latencies, gateway }
}

async function measure(
  options: Options,
  field: Field,
  schedule: Schedule,
): Promise<Pick<Report, 'phases' | 'memory'>> {
  const phases = new Map<string, Measured>()
  const { costs, latencies, gateway } = field
  const asked = (phase: Options['phases'][number]) => options.phases.includes(phase)
  const paying = gateway.paying === undefined ? [] : [gateway.paying]
  if (asked('unary')) phases.set('unary', await measureUnary([...costs, ...paying], schedule))
  if (asked('burst')) phases.set('burst', await measureBurst(costs, schedule))
  if (asked('paced')) phases.set('paced', await measurePaced(costs, schedule))
  if (asked('latency')) phases.set('latency', await measureLatency(latencies, schedule))
  if (!asked('memory')) return { phases, memory: undefined }
  say('memory: this takes about a minute')
  return { phases, memory: await measureMemory(gateway, schedule, memoryWork) }
}

/** A gateway that answered without a receipt would have been measured for work that it did not do. */
function checkReceipts(contender: Contender, schedule: Schedule): void {
  if (contender.ledgerPath === undefined) return
  const ledger = new DatabaseSync(contender.ledgerPath, { readOnly: true })
  const counted = Number(ledger.prepare('SELECT count(*) AS count FROM receipts').get()?.['count'])
  ledger.close()
  const answeredTo = (asked: Contender) => schedule.answered.get(asked) ?? 0
  const answered =
    answeredTo(contender) + (contender.paying === undefined ? 0 : answeredTo(contender.paying))
  if (counted < answered) {
    throw new WrongAnswer(`${contender.name}: ${answered} answers, but ${counted} durable receipts`)
  }
}

process.exitCode = await main(process.argv.slice(2))
