import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { RequestLine } from '../base/log.ts'
import { bootstrapChain, type DevChain } from '../dev/bootstrap-chain.ts'
import { type BuiltInModel, builtInModel } from '../dev/built-in-model.ts'
import {
  type DataFolderLock,
  describeDataFolderFailure,
  lockDataFolder,
} from '../dev/data-folder-lock.ts'
import { describeDevKeysFailure, loadDevKeys } from '../dev/dev-keys.ts'
import {
  describeEmbeddedChainFailure,
  type EmbeddedChain,
  startEmbeddedChain,
} from '../dev/embedded-chain.ts'
import type { EmbeddedContributor } from '../dev/embedded-contributor.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { writeOrigin } from './dev-admin-token.ts'
import { devApiKey } from './dev-api-key.ts'
import { devBanner } from './dev-banner.ts'
import { devGatewayConfig, devTransparency } from './dev-config.ts'
import { parseContributors, startContributor, startFurther } from './dev-contributors.ts'
import { devPrices } from './dev-prices.ts'
import { type DevProvableModel, devProvableModels } from './dev-provable-models.ts'
import { fundTranche } from './fund-tranche.ts'
import { openLogFile } from './open-log-file.ts'
import { writeRunning } from './running-dev.ts'
import { type RunningGateway, startGateway } from './start-gateway.ts'
import { untilStopped } from './until-stopped.ts'
import { writeGuestKey } from './write-guest-key.ts'
import { writeTrust } from './write-trust.ts'

const help = `Usage: vouch dev [--port N] [--data FOLDER] [--contributors N]

Runs everything on this machine: a development chain (anvil) with the contracts, a contributor
that serves the built-in language model and signs its work, a funded payment channel, an API
key, and the gateway. Nothing to configure, no account. This is what 'npm start' runs.

Options:
  --port N        the gateway's port (default: 8787, or the next free one)
  --data FOLDER   where chain, ledger, receipts and keys are kept (default: .vouch/dev, or
                  .vouch/dev-2 and so on while another 'vouch dev' uses it)
  --contributors N
                  so many that answer contracts, each with a key and a stake of its own: what
                  several must agree on needs as many (default: 1)
  --quiet         print no line for each request
  --help          this text

A restart continues: same chain, same channel, same key, every receipt. Remove the data folder
to begin anew. Listens on the loopback interface only.

Stops on Ctrl-C or SIGTERM: requests in flight end first (at most 20 s), what was charged is
claimed on the chain, and the exit code is 0. A second Ctrl-C stops at once.

Exit codes: 0 stopped as asked, 1 could not start (one line says why), 2 unusable arguments.
`

const portDefault = 8787
const portsTried = 10

async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      contributors: { type: 'string', default: '1' },
      quiet: { type: 'boolean', default: false },
    },
  })
  const port = values.port === undefined ? undefined : parsePort(values.port)
  const contributors = parseContributors(values.contributors)
  const { folder, lock } = takeDataFolder(values.data)
  const parts: Partial<DevParts> = {}
  try {
    const running = await startAll(parts, { folder, port, contributors, quiet: values.quiet })
    await untilStopped(() => stopAll(running))
    return 0
  } catch (error) {
    await stopAll(parts)
    throw error
  } finally {
    lock.release()
  }
}

type DevParts = {
  readonly chain: EmbeddedChain
  readonly contributors: readonly EmbeddedContributor[]
  readonly gateway: RunningGateway
}

async function startAll(
  parts: { -readonly [K in keyof DevParts]?: DevParts[K] },
  options: {
    readonly folder: string
    readonly port: number | undefined
    readonly contributors: number
    readonly quiet: boolean
  },
): Promise<DevParts> {
  const { folder, port = portDefault } = options
  const progress = startProgress()
  const model = builtInModel()
  progress('starting the chain')
  parts.chain = await startChain(folder)
  const provable = await devProvableModels()
  const devChain = await bootstrap(parts.chain, { folder, model, provable, progress })
  writeTrust(folder, devChain)
  writeGuestKey(folder, devChain)
  progress('loading the language model')
  const secret = randomBytes(32).toString('base64url')
  const provableFolders = provable.map((one) => one.folder)
  const place = { folder, chain: parts.chain, devChain, secret, provableFolders }
  const contributor = await startContributor(place)
  parts.contributors = [contributor]
  const further = await startFurther({
    ...{ ...place, count: options.contributors - 1 },
    // Among the parts as soon as it runs, so that it ends with them whatever comes next.
    onStart: (one) => {
      parts.contributors = [...(parts.contributors ?? []), one]
    },
  })
  progress('starting the gateway')
  const gateway = await startGateway({
    config: {
      ...devGatewayConfig({
        ...{ folder, port, devChain, model, provable, secret },
        ...{ baseUrl: contributor.baseUrl, further },
      }),
      transparency: devTransparency,
    },
    logFileDescriptor: openLogFile(join(folder, 'gateway.log')),
    otherPorts: options.port === undefined ? nextPorts : [],
    ...(options.quiet ? {} : { onRequest: printRequest }),
  })
  parts.gateway = gateway
  writeOrigin(folder, gateway.origin)
  const served = [{ id: model.name, modelId: model.modelId }, ...provable.map((one) => one.served)]
  writeRunning(folder, {
    ...{ gateway: gateway.origin, devChain, models: served, contributors: options.contributors },
  })
  const channel = await fundTranche(gateway, devChain)
  const apiKey = await devApiKey({ folder, apiKeys: gateway.apiKeys, channelId: channel.channelId })
  progress('ready')
  terminal.print(devBanner({ gateway, devChain, channel, apiKey, model, provable, folder }))
  return { chain: parts.chain, contributors: parts.contributors, gateway }
}

/** In the opposite order of their start; the gateway's last claim needs the chain. */
async function stopAll(parts: Partial<DevParts>): Promise<void> {
  if (parts.gateway !== undefined) terminal.print('\nstopping: letting requests in flight end')
  await parts.gateway?.stop()
  for (const contributor of parts.contributors ?? []) await contributor.stop()
  await parts.chain?.stop()
}

const nextPorts = [
  ...Array.from({ length: portsTried - 1 }, (_, index) => portDefault + 1 + index),
  0,
]

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new CommandFailure('--port needs a whole number from 0 to 65535', 2)
}

/** The named folder, or the first of the default ones that no other process uses: a second start gets its own. */
function takeDataFolder(named: string | undefined): { folder: string; lock: DataFolderLock } {
  const folders =
    named === undefined
      ? ['.vouch/dev', ...Array.from({ length: 8 }, (_, index) => `.vouch/dev-${index + 2}`)]
      : [named]
  let why = ''
  for (const folder of folders) {
    const lock = lockDataFolder(folder)
    if (lock.ok) return { folder, lock: lock.value }
    why = describeDataFolderFailure(lock.error)
    if (lock.error.reason !== 'data_folder_in_use') break
  }
  throw new CommandFailure(why)
}

/** A line for each step, with the seconds since the start. */
function startProgress(): (line: string) => void {
  const startedAtMs = Date.now()
  return (line) =>
    terminal.print(`  ${((Date.now() - startedAtMs) / 1000).toFixed(1).padStart(4)} s  ${line}`)
}

async function startChain(folder: string): Promise<EmbeddedChain> {
  const chain = await startEmbeddedChain(join(folder, 'chain'))
  if (chain.ok) return chain.value
  throw new CommandFailure(describeEmbeddedChainFailure(chain.error))
}

async function bootstrap(
  chain: EmbeddedChain,
  terms: {
    readonly folder: string
    readonly model: BuiltInModel
    readonly provable: readonly DevProvableModel[]
    readonly progress: (line: string) => void
  },
): Promise<DevChain> {
  const keys = loadDevKeys(join(terms.folder, 'keys.json'))
  if (!keys.ok) throw new CommandFailure(describeDevKeysFailure(keys.error))
  const { modelId, contextTokensMax } = terms.model
  const devChain = await bootstrapChain({
    chain,
    keys: keys.value,
    model: { modelId, contextTokensMax, ...devPrices },
    jobModels: terms.provable.flatMap(({ served }) =>
      served.modelId === undefined
        ? []
        : [
            {
              ...devPrices,
              modelId: served.modelId,
              isProvable: served.tensors?.proof !== undefined,
            },
          ],
    ),
    endpoints: { gateway: 'embedded', contributor: 'embedded' },
    nowMs: Date.now(),
    progress: terms.progress,
  })
  if (devChain.ok) return devChain.value
  throw new CommandFailure(devChain.error)
}

function printRequest(line: RequestLine): void {
  const cost = (Number(line.costAtomic) / 1e6).toFixed(6)
  const tokens = `${line.promptTokens} + ${line.completionTokens} tokens`
  const ending = line.reason === undefined ? line.outcome : `${line.outcome} (${line.reason})`
  const receipt = line.receiptId === undefined ? '' : `  receipt ${line.receiptId}`
  terminal.print(`${ending}  ${tokens}  ${cost} devUSD  ${line.durationMs} ms${receipt}`)
}

export const devCommand: Command = {
  name: 'dev',
  summary: 'run everything on this machine: chain, contributor, model, channel, gateway',
  help,
  run,
}
