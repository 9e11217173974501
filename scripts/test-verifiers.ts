/*
 * Verifiers that others wrote, unchanged, against a gateway that runs: `vouch dev` with its chain, its contributor and its own
 * model. Installs them apart from this package, whose users need none of them.
 *
 *   node scripts/test-verifiers.ts        with npm's @0gfoundation/0g-compute-ts-sdk, 180 MB, installed to .vouch/verifiers
 *
 * Verifiers that are in no registry are run by hand: docs/convention.md says how, and what they found.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const wanted = '@0gfoundation/0g-compute-ts-sdk@0.9.0'
const root = resolve(import.meta.dirname, '..')
const folder = join(root, '.vouch/verifiers')
const startTimeoutMs = 60_000

/** What is used of 0G's SDK, as its own types have it. */
type ZeroGSdk = {
  readonly InferenceVerifier: {
    readonly fetchSignatureByChatID: (
      url: string,
      chatId: string,
      model: string,
    ) => Promise<{ readonly text: string; readonly signature: string }>
    readonly verifySignature: (text: string, signature: string, address: string) => boolean
  }
  readonly InferenceResponseProcessor: new (
    contract: unknown,
    ledger: unknown,
    metadata: unknown,
    cache: unknown,
  ) => {
    readonly processResponse: (provider: string, chatId: string) => Promise<boolean | null>
  }
}

type Running = {
  readonly origin: string
  readonly apiKey: string
  readonly model: string
  readonly stop: () => Promise<void>
}

/** A provider as 0G's contract would tell it: this gateway, and the key that signs its answers. */
type Service = {
  readonly url: string
  readonly model: string
  readonly serviceType: 'chatbot'
  readonly verifiability: 'TeeML'
  readonly teeSignerAcknowledged: true
  readonly teeSignerAddress: string
  readonly additionalInfo: string
}

function install(): ZeroGSdk {
  const stamp = join(folder, wanted.replaceAll('/', '-'))
  if (!existsSync(stamp)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
    const quietly = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts']
    const args = ['install', ...quietly, '--omit=optional', wanted]
    const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
    writeFileSync(stamp, '')
  }
  return createRequire(join(folder, 'package.json'))('@0gfoundation/0g-compute-ts-sdk') as ZeroGSdk
}

async function startDev(): Promise<Running> {
  const data = mkdtempSync(join(tmpdir(), 'vouch-verifiers-'))
  const child = spawn(
    process.execPath,
    [join(root, 'src/main.ts'), 'dev', '--quiet', '--port', '0', '--data', data],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const banner = await bannerOf(child)
  const line = (name: string) => new RegExp(`^ *${name} +(\\S+)$`, 'm').exec(banner)?.[1] ?? ''
  return {
    origin: line('base URL').replace(/\/v1$/, ''),
    apiKey: line('API key'),
    model: line('model'),
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await ended
      rmSync(data, { recursive: true, force: true })
    },
  }
}

function bannerOf(child: ChildProcess): Promise<string> {
  return new Promise((settle, fail) => {
    let text = ''
    const late = setTimeout(
      () => fail(new Error(`vouch dev did not start:\n${text}`)),
      startTimeoutMs,
    )
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk
      if (!text.includes('Ctrl-C stops.')) return
      clearTimeout(late)
      settle(text)
    })
    child.on('exit', (code) => fail(new Error(`vouch dev ended with ${code}:\n${text}`)))
  })
}

/** Asks as 0G's guide does: an OpenAI request at `{url}/v1/proxy`, and the answer's name from the header. */
async function askedByZeroG({ origin, apiKey, model }: Running, stream: boolean): Promise<string> {
  const response = await fetch(`${origin}/v1/proxy/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      stream,
      max_tokens: 16,
      messages: [{ role: 'user', content: 'What is a receipt?' }],
    }),
  })
  await response.arrayBuffer()
  return response.headers.get('ZG-Res-Key') ?? ''
}

async function verifiedByZeroG(sdk: ZeroGSdk, gateway: Running): Promise<void> {
  const keyset = await (await fetch(`${gateway.origin}/v1/keyset`)).json()
  const signer = (keyset as { readonly endorsement: { readonly signer: string } }).endorsement
    .signer
  const service: Service = {
    url: gateway.origin,
    model: gateway.model,
    serviceType: 'chatbot',
    verifiability: 'TeeML',
    teeSignerAcknowledged: true,
    teeSignerAddress: signer,
    additionalInfo: '{}',
  }
  const stranger = `0x${'11'.repeat(20)}`
  for (const stream of [false, true]) {
    const id = await askedByZeroG(gateway, stream)
    const { InferenceVerifier } = sdk
    const signed = await InferenceVerifier.fetchSignatureByChatID(gateway.origin, id, gateway.model)
    const verify = (address: string) =>
      InferenceVerifier.verifySignature(signed.text, signed.signature, address)
    const what = stream ? 'a stream' : 'an answer in one piece'
    expectThat(verify(signer), `InferenceVerifier accepts ${what}`)
    expectThat(!verify(stranger), `InferenceVerifier refuses another signer of ${what}`)
    const accepted = await processorFor(sdk, service).processResponse(signer, id)
    expectThat(accepted === true, `processResponse accepts ${what}`)
    const refused = await processorFor(sdk, { ...service, teeSignerAddress: stranger })
    expectThat(
      (await refused.processResponse(stranger, id)) === false,
      `processResponse refuses another signer of ${what}`,
    )
  }
}

/** Its contract is on 0G's chain; what that would tell lies in the cache that it looks into first. */
const processorFor = (sdk: ZeroGSdk, service: Service) =>
  new sdk.InferenceResponseProcessor(undefined, undefined, undefined, {
    getItem: async () => service,
    setItem: async () => undefined,
  })

function expectThat(holds: boolean, what: string): void {
  process.stdout.write(`${holds ? 'ok  ' : 'FAIL'} ${what}\n`)
  if (!holds) process.exitCode = 1
}

const sdk = install()
const gateway = await startDev()
try {
  await verifiedByZeroG(sdk, gateway)
} finally {
  await gateway.stop()
}
