/*
 * Everything around a `vouch serve` that can be killed and started again: a real chain with a deposit on it, a real
 * contributor with its own key, a configuration, a session key that signs tranches, and an API key.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { channelDomain, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { bootstrapChain, type DevChain } from '../../src/dev/bootstrap-chain.ts'
import { builtInModel } from '../../src/dev/built-in-model.ts'
import { loadDevKeys } from '../../src/dev/dev-keys.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import {
  type EmbeddedContributor,
  startEmbeddedContributor,
} from '../../src/dev/embedded-contributor.ts'
import { atomic } from '../../src/domain/units.ts'
import { runVouch } from './dev-process.ts'
import { startChain, temporaryFolder } from './embedded-chain.ts'
import { startMovableNode } from './movable-node.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

export type ServingPlace = {
  /** As it runs now. */
  readonly chain: () => EmbeddedChain
  readonly stopChain: () => Promise<void>
  /** After a stop, with everything that it had. */
  readonly restartChain: () => Promise<void>
  readonly devChain: DevChain
  /** Its vouch.yaml. */
  readonly configPath: string
  readonly ledgerPath: string
  readonly origin: string
  readonly modelName: string
  /** Starts the gateway; resolves when it answers. */
  readonly start: () => Promise<ServingGateway>
  /** The payer promises this much in all. Answers the status of the gateway's answer. */
  readonly signTranche: (maxClaimableAmount: bigint) => Promise<number>
  readonly createApiKey: () => Promise<string>
  readonly remove: () => Promise<void>
}

export type ServingGateway = {
  readonly process: ChildProcess
  readonly output: () => string
  readonly kill: () => Promise<void>
  /** Ctrl-C; resolves with the exit code. */
  readonly interrupt: () => Promise<number | null>
  readonly exited: Promise<number | null>
}

const prices = { prompt: '0.10', cached: '0.05', completion: '0.40' }

export type ServingPlaceOptions = {
  /** Answers in the place of the embedded engine, under its registered key. */
  readonly contributor?: (chain: DevChain) => Promise<EmbeddedContributor>
  /** Folders of provable models that the contributor serves, too. */
  readonly provableFolders?: readonly string[]
  /** More entries of its `models`, as they stand in vouch.yaml, each line behind six blanks. */
  readonly models?: string
  /** More of vouch.yaml, which may name what is on the chain. */
  readonly sections?: string | ((chain: DevChain) => string)
}

export async function openServingPlace(options: ServingPlaceOptions = {}): Promise<ServingPlace> {
  const folder = temporaryFolder()
  const chainFolder = join(folder.path, 'chain')
  let chain = await startChain(chainFolder)
  const node = await startMovableNode(chain.url)
  const devChain = await bootstrap(chain, folder.path)
  const contributor = await (options.contributor?.(devChain) ??
    startContributor(folder.path, devChain, options))
  const port = await freePort()
  const configPath = writeConfig({
    folder: folder.path,
    port,
    rpcUrl: node.url,
    devChain,
    contributor,
    options,
  })
  const origin = `http://127.0.0.1:${port}`
  const dataFolder = join(folder.path, 'data')
  return {
    chain: () => chain,
    stopChain: async () => {
      node.moveTo(undefined)
      await chain.stop()
    },
    restartChain: async () => {
      chain = await startChain(chainFolder)
      node.moveTo(chain.url)
    },
    devChain,
    configPath,
    ledgerPath: join(dataFolder, 'ledger.db'),
    origin,
    modelName: builtInModel().name,
    start: () => startGateway(configPath, origin),
    signTranche: (amount) => signTranche(devChain, origin, amount),
    createApiKey: async () => {
      const { channelId } = devChain.channel
      const args = ['keys', 'create', '--data', dataFolder, '--channel', channelId]
      const { code, output } = await runVouch(args)
      const secret = /sk-vouch-\S+/.exec(output)?.[0]
      if (code !== 0 || secret === undefined) throw new Error(output)
      return secret
    },
    remove: async () => {
      await contributor.stop()
      await node.stop()
      await chain.stop()
      folder.remove()
    },
  }
}

async function bootstrap(chain: EmbeddedChain, folder: string): Promise<DevChain> {
  const keys = loadDevKeys(join(folder, 'keys.json'))
  if (!keys.ok) throw new Error(keys.error.detail)
  const { modelId, contextTokensMax } = builtInModel()
  const bootstrapped = await bootstrapChain({
    chain,
    keys: keys.value,
    model: {
      modelId,
      contextTokensMax,
      promptAtomicPerMtok: atomic(100_000n),
      cachedPromptAtomicPerMtok: atomic(50_000n),
      completionAtomicPerMtok: atomic(400_000n),
    },
    endpoints: { gateway: 'test', contributor: 'test' },
    nowMs: Date.now(),
    progress: () => {},
  })
  if (!bootstrapped.ok) throw new Error(bootstrapped.error)
  return bootstrapped.value
}

const secret = 'a-secret-of-the-contributor'

async function startContributor(
  folder: string,
  devChain: DevChain,
  { provableFolders = [] }: ServingPlaceOptions,
): Promise<EmbeddedContributor> {
  const contributor = await startEmbeddedContributor({
    dataFolder: folder,
    program: main,
    signingKey: devChain.keys.contributorSigner,
    secret,
    contributor: devChain.addresses.contributorOperator,
    chainId: devChain.chainId,
    receiptVerifier: devChain.contracts.receiptVerifier,
    coordinator: { ...devChain, coordinator: devChain.contracts.coordinator },
    provableFolders,
    onRestart: (line) => {
      throw new Error(line)
    },
  })
  if (!contributor.ok) throw new Error(contributor.error)
  return contributor.value
}

/** A port that was free a moment ago: a gateway that comes back must be found where it was. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function writeConfig(terms: {
  readonly folder: string
  readonly port: number
  readonly rpcUrl: string
  readonly devChain: DevChain
  readonly contributor: EmbeddedContributor
  readonly options: ServingPlaceOptions
}): string {
  const { folder, port, rpcUrl, devChain, contributor, options } = terms
  const { contracts, addresses, keys } = devChain
  const { name, contextTokensMax, tokenizer } = builtInModel()
  const write = (file: string, text: string) =>
    writeFileSync(join(folder, file), text, { mode: 0o600 })
  write('signing.key', keys.gatewaySigner)
  write('claim.key', keys.gatewayOperator)
  write('engine.key', secret)
  const path = join(folder, 'vouch.yaml')
  writeFileSync(
    path,
    `listen:
  port: ${port}
dataFolder: data
chain:
  rpcUrl: ${rpcUrl}
  chainId: ${devChain.chainId}
  receiptVerifier: '${contracts.receiptVerifier}'
  gatewayRegistry: '${contracts.gatewayRegistry}'
  contributorRegistry: '${contracts.contributorRegistry}'
  asset: '${contracts.asset}'
  confirmations: 1
gateway:
  operator: '${addresses.gatewayOperator}'
  signingKeyFile: signing.key
  receiver: '${addresses.gatewayOperator}'
  claimKeyFile: claim.key
upstreams:
  - id: contributor
    url: ${contributor.baseUrl}
    apiKeyFile: engine.key
    operator: '${addresses.contributorOperator}'
    signingAddresses: ['${addresses.contributorSigner}']
    models:
      - id: ${name}
        manifest: ${join(import.meta.dirname, '../../models', name, 'manifest.json')}
        contextTokensMax: ${contextTokensMax}
        tokenizer: ${tokenizer}
        price:
          promptPerMtok: "${prices.prompt}"
          cachedPromptPerMtok: "${prices.cached}"
          completionPerMtok: "${prices.completion}"
${options.models ?? ''}${sectionsOf(options, devChain)}`,
  )
  return path
}

const sectionsOf = ({ sections = '' }: ServingPlaceOptions, chain: DevChain): string =>
  typeof sections === 'string' ? sections : sections(chain)

async function startGateway(configPath: string, origin: string): Promise<ServingGateway> {
  const child = spawn(process.execPath, [main, 'serve', '--config', configPath], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  const serving = {
    process: child,
    output: () => text,
    exited,
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    interrupt: () => {
      child.kill('SIGINT')
      return exited
    },
  }
  while (!(await isLive(origin))) {
    if (child.exitCode !== null) throw new Error(`vouch serve ended: ${text}`)
    await wait(20)
  }
  return serving
}

const isLive = (origin: string): Promise<boolean> =>
  fetch(`${origin}/health/live`).then(
    ({ ok }) => ok,
    () => false,
  )

async function signTranche(devChain: DevChain, origin: string, amount: bigint): Promise<number> {
  const { channel, contracts, keys, chainId } = devChain
  const maxClaimableAmount = atomic(amount)
  const domain = channelDomain({ chainId, verifyingContract: contracts.settlement })
  const digest = voucherDigest(domain, { channelId: channel.channelId, maxClaimableAmount })
  const answer = await fetch(`${origin}/v1/billing/vouchers`, {
    method: 'POST',
    body: JSON.stringify({
      channelConfig: channel.config,
      maxClaimableAmount: String(maxClaimableAmount),
      signature: signDigest(digest, keys.session),
    }),
  })
  await answer.arrayBuffer()
  return answer.status
}
