/*
 * `vouch serve` for contracts of two chains: a process that can be killed and started again with what it wrote down.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from './contributors-place.ts'
import { type GatewayAccount, type MirroredJobs, mirroredModel } from './mirrored-jobs.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

export type JobGateway = {
  readonly account: GatewayAccount
  readonly origin: string
  readonly output: () => string
  readonly kill: () => Promise<void>
  /** After a kill or a stop. Resolves when it answers. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

export async function openJobGateway(
  place: MirroredJobs,
  account: GatewayAccount,
  folder: string,
): Promise<JobGateway> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  mkdirSync(folder, { recursive: true })
  for (const file of ['signing.key', 'claim.key', 'engine.key']) {
    writeFileSync(join(folder, file), account.privateKey, { mode: 0o600 })
  }
  const configPath = join(folder, 'vouch.yaml')
  writeFileSync(configPath, configText(place, account, port))
  let output = ''
  let child: ChildProcess | undefined
  let exited: Promise<unknown> = Promise.resolve()
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child?.kill(signal)
    await exited
  }
  const start = async (): Promise<void> => {
    const begun = spawn(process.execPath, [main, 'serve', '--config', configPath], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = begun
    exited = new Promise((done) => begun.once('exit', done))
    for (const stream of [begun.stdout, begun.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    }
    while (!(await isLive(origin))) {
      if (begun.exitCode !== null) throw new Error(`vouch serve ended: ${output}`)
      await wait(20)
    }
  }
  await start()
  return {
    ...{ account, origin, start, output: () => output },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGINT'),
  }
}

const isLive = (origin: string): Promise<boolean> =>
  fetch(`${origin}/health/live`).then(
    ({ ok }) => ok,
    () => false,
  )

function configText(place: MirroredJobs, { operator }: GatewayAccount, port: number): string {
  const { running, home, mirror, contributors } = place
  const { receiptVerifier } = running.dev.contracts
  const upstreams = contributors.map(
    ({ id, upstream, signing }) => `  - id: ${id}
    url: ${upstream.baseUrl}
    apiKeyFile: engine.key
    operator: '${signing.identity.operator}'
    signingAddresses: [${signing.identity.signingAddresses.map((key) => `'${key}'`).join(', ')}]
    models:
      - id: ${mirroredModel.name}
        contextTokensMax: ${mirroredModel.contextTokensMax}
        price: {promptPerMtok: "0.10", cachedPromptPerMtok: "0.05", completionPerMtok: "0.40"}
`,
  )
  const chains = [home, mirror].map(
    ({ chainId, url, coordinator, jobOffers }) => `    - chainId: ${chainId}
      rpcUrl: ${url}
      coordinator: '${coordinator}'
      offers: '${jobOffers}'
      fees: {nativePrice: '10', raceBudget: '50'}
`,
  )
  return `listen: {port: ${port}}
dataFolder: data
chain:
  rpcUrl: ${home.url}
  chainId: ${home.chainId}
  receiptVerifier: '${receiptVerifier}'
  gatewayRegistry: '${home.gatewayRegistry}'
  contributorRegistry: '${home.contributorRegistry}'
  asset: '${home.asset}'
  confirmations: 12
gateway:
  operator: '${operator}'
  signingKeyFile: signing.key
  receiver: '${operator}'
  claimKeyFile: claim.key
upstreams:
${upstreams.join('')}jobs:
  pollS: 1
  chains:
${chains.join('')}`
}
