/*
 * A gateway that is audited, with everything around it that is real: a chain, `vouch serve` with a log and named auditors, and
 * one contributor, an agent before an engine whose model can be put in the place of another while it serves.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { channelDomain, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../../src/chain/signatures.ts'
import { openAgent } from '../../src/contributor/agent.ts'
import { startAgentServer } from '../../src/contributor/agent-server.ts'
import { openJobBook } from '../../src/contributor/job-book.ts'
import { bootstrapChain, type DevChain } from '../../src/dev/bootstrap-chain.ts'
import { builtInModel } from '../../src/dev/built-in-model.ts'
import { loadDevKeys } from '../../src/dev/dev-keys.ts'
import { type Address, atomic, bytes32 } from '../../src/domain/units.ts'
import type { LanguageModel } from '../../src/engine/load-model.ts'
import { loadBuiltInModel } from './built-in-model.ts'
import { runVouch } from './dev-process.ts'
import { startChain, temporaryFolder } from './embedded-chain.ts'
import { openVariant, type VariantName } from './model-variants.ts'
import { startVariantEngine } from './variant-engine.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')
const secret = 'a-secret-of-the-contributor'

export type Served = VariantName | 'vouch-mini' | 'replay'

export type AuditPlace = {
  readonly origin: string
  readonly rpcUrl: string
  readonly folder: string
  readonly keyFile: string
  readonly apiKey: string
  readonly apiKeyFile: string
  readonly contributor: Address
  /** From now on the contributor answers so, under the name of vouch-mini. */
  readonly serve: (served: Served) => Promise<void>
  /** Asks so many questions as a client does; answers the number of the last receipt. */
  readonly ask: (count: number, asking?: { readonly mayBeKept: boolean }) => Promise<number>
  /** Batches that are anchored and drawn, once all receipts up to this one are in some. */
  readonly drawnBatches: (lastSeq: number) => Promise<number>
  readonly close: () => Promise<void>
}

export async function openAuditPlace(questions: readonly string[]): Promise<AuditPlace> {
  const { path: folder, remove } = temporaryFolder()
  const chain = await startChain(join(folder, 'chain'))
  const devChain = await bootstrap(folder, chain)
  const model = await loadBuiltInModel()
  const contributor = await startContributor(folder, devChain, model)
  const auditorKey = randomPrivateKey()
  const write = (file: string, text: string): string => {
    writeFileSync(join(folder, file), text, { mode: 0o600 })
    return join(folder, file)
  }
  const port = await freePort()
  write('signing.key', devChain.keys.gatewaySigner)
  write('claim.key', devChain.keys.gatewayOperator)
  write('engine.key', secret)
  const config = write(
    'vouch.yaml',
    configOf({ port, rpcUrl: chain.url, devChain, agentUrl: contributor.url, auditorKey }),
  )
  const origin = `http://127.0.0.1:${port}`
  const stopGateway = await startGateway(config, origin)
  await signTranche(devChain, origin)
  const { channelId } = devChain.channel
  const made = await runVouch([
    'keys',
    'create',
    '--data',
    join(folder, 'data'),
    '--channel',
    channelId,
  ])
  const apiKey = /sk-vouch-\S+/.exec(made.output)?.[0] ?? ''
  let asked = 0
  return {
    origin,
    rpcUrl: chain.url,
    folder,
    keyFile: write('auditor.key', auditorKey),
    apiKey,
    apiKeyFile: write('api.key', apiKey),
    contributor: devChain.addresses.contributorOperator,
    serve: contributor.serve,
    ask: async (count, { mayBeKept } = { mayBeKept: true }) => {
      let lastSeq = 0
      const askOne = async (): Promise<void> => {
        const content = questions[asked % questions.length] ?? ''
        asked += 1
        lastSeq = Math.max(lastSeq, await askQuestion({ origin, apiKey, mayBeKept }, content))
      }
      // Several at once, as clients come.
      for (let begun = 0; begun < count; begun += 8) {
        const together = Math.min(8, count - begun)
        await Promise.all(Array.from({ length: together }, askOne))
      }
      return lastSeq
    },
    drawnBatches: (lastSeq) => drawnBatches(origin, chain, lastSeq),
    close: async () => {
      await stopGateway()
      await contributor.stop()
      await chain.stop()
      remove()
    },
  }
}

type Chain = Awaited<ReturnType<typeof startChain>>

async function bootstrap(folder: string, chain: Chain): Promise<DevChain> {
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

/** Every pass is computed by whatever is served at that moment. */
async function startContributor(folder: string, devChain: DevChain, model: LanguageModel) {
  const variants = new Map<VariantName, LanguageModel>()
  let served: Pick<LanguageModel, 'decoder'> = model
  let replays = false
  const engine = await startVariantEngine(
    {
      ...model,
      decoder: { ...model.decoder, forward: (...asked) => served.decoder.forward(...asked) },
    },
    { replaysPrompts: () => replays },
  )
  const jobs = await openJobBook(join(folder, 'jobs'))
  if (!jobs.ok) throw new Error(jobs.error)
  const { name, contextTokensMax } = builtInModel()
  const free = atomic(0n)
  const floor = {
    promptAtomicPerMtok: free,
    cachedPromptAtomicPerMtok: free,
    completionAtomicPerMtok: free,
  }
  const agent = openAgent({
    engine: { baseUrl: `${engine.url}/v1`, kind: 'vouch', isRepeatable: true },
    models: [{ id: name, modelId: model.modelId, contextTokensMax, asks: { floor, points: [] } }],
    signer: {
      contributor: devChain.addresses.contributorOperator,
      privateKey: devChain.keys.contributorSigner,
      domain: receiptDomain({
        chainId: devChain.chainId,
        verifyingContract: devChain.contracts.receiptVerifier,
      }),
    },
    gateway: devChain.addresses.gatewayOperator,
    jobs: jobs.value,
    slots: 8,
    waitingMax: 64,
    onJobEnd: () => {},
    nowMs: Date.now,
  })
  const server = await startAgentServer(agent, { host: '127.0.0.1', port: 0, secret })
  return {
    url: server.url,
    serve: async (what: Served) => {
      replays = what === 'replay'
      if (what === 'replay' || what === 'vouch-mini') {
        served = model
        return
      }
      const variant = variants.get(what) ?? (await openVariant(model, what))
      variants.set(what, variant)
      served = variant
    },
    stop: async () => {
      await agent.close()
      await server.stop()
      await jobs.value.close()
      await engine.stop()
    },
  }
}

function configOf(terms: {
  readonly port: number
  readonly rpcUrl: string
  readonly devChain: DevChain
  readonly agentUrl: string
  readonly auditorKey: PrivateKey
}): string {
  const { port, rpcUrl, devChain, agentUrl, auditorKey } = terms
  const { contracts, addresses } = devChain
  const { name, contextTokensMax, tokenizer } = builtInModel()
  return `listen:
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
transparency:
  batchS: 1
  promiseS: 60
audits:
  auditors: ['${addressOfPrivateKey(auditorKey)}']
  ratePpm: 1000000
upstreams:
  - id: contributor
    url: ${agentUrl}/v1
    apiKeyFile: engine.key
    operator: '${addresses.contributorOperator}'
    signingAddresses: ['${addresses.contributorSigner}']
    models:
      - id: ${name}
        manifest: ${join(import.meta.dirname, '../../models', name, 'manifest.json')}
        contextTokensMax: ${contextTokensMax}
        tokenizer: ${tokenizer}
        price:
          promptPerMtok: "0.10"
          cachedPromptPerMtok: "0.05"
          completionPerMtok: "0.40"
`
}

/** Resolves, when it answers, with what stops it. */
async function startGateway(config: string, origin: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [main, 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const isLive = (): Promise<boolean> =>
    fetch(`${origin}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isLive())) {
    if (child.exitCode !== null) throw new Error(`vouch serve ended: ${text}`)
    await wait(20)
  }
  return async () => {
    child.kill('SIGINT')
    await exited
  }
}

/** Of a dollar, which is more than any test spends. */
async function signTranche(devChain: DevChain, origin: string): Promise<void> {
  const { channel, contracts, keys, chainId } = devChain
  const maxClaimableAmount = atomic(1_000_000n)
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
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
}

async function askQuestion(
  {
    origin,
    apiKey,
    mayBeKept,
  }: { readonly origin: string; readonly apiKey: string; readonly mayBeKept: boolean },
  content: string,
): Promise<number> {
  const authorization = `Bearer ${apiKey}`
  const answer = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization,
      ...(mayBeKept && { 'x-vouch-audit': 'allow' }),
    },
    body: JSON.stringify({
      model: builtInModel().name,
      messages: [{ role: 'user', content }],
      max_tokens: 24,
    }),
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
  const id = bytes32(answer.headers.get('x-vouch-receipt') ?? '')
  const receipt = await fetch(`${origin}/v1/receipts/${id}`, { headers: { authorization } })
  const { receipt: body } = (await receipt.json()) as { receipt: { gatewaySeq: number } }
  return body.gatewaySeq
}

async function drawnBatches(origin: string, chain: Chain, lastSeq: number): Promise<number> {
  for (;;) {
    const head = await fetch(`${origin}/v1/transparency/head`)
    const log = (await head.json()) as {
      batches: number
      anchoredBatches: number
      head: { head: { firstSeq: number; count: number } } | null
    }
    const { firstSeq = 1, count = 0 } = log.head?.head ?? {}
    await chain.rpc.call('anvil_mine', ['0x2'])
    if (firstSeq + count > lastSeq && log.anchoredBatches === log.batches) {
      // What chooses from the newest has to be buried, too.
      await chain.rpc.call('anvil_mine', ['0x8'])
      return log.batches
    }
    await wait(50)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
