import { fstatSync } from 'node:fs'
import { readSecretFile } from '../contributor/secret-file.ts'
import { createEngine, type Engine } from '../engine/engine.ts'
import type { RequestEnd } from '../engine/engine-routes.ts'
import { type EngineServer, startEngineServer } from '../engine/engine-server.ts'
import {
  prefixCacheMebibytesDefaultMax,
  requestsWaitingDefaultMax,
  slotsDefaultMax,
} from '../engine/limits.ts'
import { type LanguageModel, loadModel } from '../engine/load-model.ts'
import { loadProvableModel, type ProvableModel } from '../engine/provable-model.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { contractsHelp, openEngineContracts } from './engine-contracts.ts'
import { creditHelp, openEngineCredit } from './engine-credit.ts'
import { dialGatewayOf, dialHelp } from './engine-gateway.ts'
import { type EngineOptions, parseEngineOptions } from './engine-options.ts'
import { openEngineSigner } from './engine-signer.ts'

const slots = slotsDefaultMax
const waiting = requestsWaitingDefaultMax
const cached = prefixCacheMebibytesDefaultMax

const help = `Usage: vouch engine [options]

Serves one language model as a contributor does: an OpenAI-compatible server that can sign what it
answered. It prints one JSON line when it is ready and runs until it is told to stop.

Model
  --model NAME|FOLDER       a folder in models/, or the path of one            [vouch-mini]
                            Every file is checked against manifest.json first.
  --provable FOLDER         serve a provable model beside it, at /v1/inference/{model}: a folder
                            with manifest.json and graph.json, or its name in models/; repeatable
  --threads N               threads of one pass over the model                 [1]
  --parallel N              answers that are generated at once                 [${slots}]
  --batch N                 of them in one pass over the model                 [as --parallel]
  --queue N                 requests that wait; the next one is answered 429   [${waiting}]
  --prefix-cache MIB        memory for beginnings of prompts that are reused   [${cached}]

Server
  --host ADDRESS            address to listen on                               [127.0.0.1]
                            Any other than loopback needs --secret-file.
  --port N                  TCP port; 0 takes a free one                       [0]
  --secret-file FILE        asks every request for "authorization: Bearer <content of FILE>"
  --log requests|none       one JSON line on standard output for each request: counts,
                            durations and reasons, never text                  [none]

Signing (without a key the engine is a plain OpenAI server)
  --key-file FILE           signing key: 64 hex digits, or JSON with "privateKey"; mode 600
  --chain-id N              chain of the receipts' EIP-712 domain
  --receipt-verifier 0x…    the ReceiptVerifier contract of that domain
  --contributor 0x…         operator account that the Work names               [the key's own]
  --jobs FILE               the jobs that were ever signed, so that none is    [beside the key:
                            signed twice, which costs the stake: one file for   its name, .jobs]
                            each key, kept with it

${creditHelp}

${contractsHelp}

${dialHelp}

  --help                    this text

Stops on SIGTERM, SIGINT, or the end of standard input where that is a pipe or a socket: takes no
new request, finishes those in flight (up to 20 s), exits 0.

Examples
  vouch engine --port 8081
  curl http://127.0.0.1:8081/v1/chat/completions \\
    -d '{"model":"vouch-mini","messages":[{"role":"user","content":"What is a receipt?"}]}'

  vouch engine --key-file key.json --chain-id 31337 --receipt-verifier 0x… --secret-file secret

Exit codes: 0 stopped when told to, 1 could not start (one line says why), 2 unusable arguments.
docs/engine.md has the protocol, the sampling and what the engine supports of the OpenAI API.
`

export const engineCommand: Command = {
  name: 'engine',
  summary: 'serve a language model and sign the work (the contributor)',
  help,
  run: async (argv) => {
    const options = parseEngineOptions(argv)
    const model = await loadedModel(options)
    const provable = await loadedProvable(options)
    const signing = await openEngineSigner(options.signing, model.modelId)
    const workSigner = signing?.workSigner
    const { keyFile, chainId } = options.signing
    const credit = await openEngineCredit(options.credit, { keyFile, onEvent: printLine })
    const contracts = await openEngineContracts(options.contracts, {
      signing: options.signing,
      workSigner,
      onEvent: printLine,
    })
    const contractJobs = contracts?.jobs
    const server = await listening(options, { model, provable, workSigner, credit, contractJobs })
    const origin = server.url
    const secret = await secretOf(options)
    const target = { dial: options.dial, keyFile, chainId }
    const hangUp = await dialGatewayOf(target, { origin, secret, workSigner }, printLine)
    await toldToStop()
    hangUp()
    await server.stop()
    await credit?.close()
    await contracts?.dues.stop()
    await signing?.close()
    await model.decoder.release()
    return 0
  },
}

async function loadedModel(options: EngineOptions): Promise<LanguageModel> {
  const model = await loadModel(options.modelFolder, { intraOpThreads: options.threads })
  if (model.ok) return model.value
  throw new CommandFailure(`cannot serve ${model.error.file}: ${model.error.detail}`)
}

async function loadedProvable({ provableFolders }: EngineOptions): Promise<ProvableModel[]> {
  const models: ProvableModel[] = []
  for (const folder of provableFolders) {
    const model = await loadProvableModel(folder)
    if (!model.ok)
      throw new CommandFailure(`cannot serve ${model.error.file}: ${model.error.detail}`)
    models.push(model.value)
  }
  return models
}

async function listening(
  options: EngineOptions,
  parts: Pick<Engine, 'model' | 'workSigner' | 'credit' | 'contractJobs'> & {
    readonly provable: readonly ProvableModel[]
  },
): Promise<EngineServer> {
  const { model, workSigner } = parts
  const { host, port, slotsMax, batchRowsMax, waitingMax, prefixCacheBytesMax } = options
  const secret = await secretOf(options)
  const engine = createEngine({
    ...parts,
    slotsMax,
    batchRowsMax,
    waitingMax,
    prefixCacheBytesMax,
    nowMs: Date.now,
  })
  const onRequestEnd = options.logsRequests ? printRequestEnd : () => {}
  try {
    const server = await startEngineServer(engine, { host, port, secret, onRequestEnd })
    printLine({
      event: 'ready',
      url: server.url,
      modelId: model.modelId,
      contributor: workSigner?.contributor ?? null,
      batchRows: engine.batchRowsMax,
    })
    return server
  } catch (error) {
    throw new CommandFailure(listenFailure((error as NodeJS.ErrnoException).code, options))
  }
}

async function secretOf({ secretFile }: EngineOptions): Promise<string | undefined> {
  if (secretFile === undefined) return undefined
  const secret = await readSecretFile(secretFile)
  if (secret.ok) return secret.value
  throw new CommandFailure(secret.error)
}

function listenFailure(code: string | undefined, { host, port }: EngineOptions): string {
  const place = `${host} port ${port}`
  if (code === 'EADDRINUSE') return `${place} is in use: stop what runs there or pass --port 0`
  if (code === 'EACCES') return `no permission to listen on ${place}: choose a port above 1023`
  return `cannot listen on ${place} (${code ?? 'unknown error'})`
}

const printLine = (line: object): void => terminal.print(JSON.stringify(line))

const printRequestEnd = (ended: RequestEnd): void => printLine({ event: 'request', ...ended })

/**
 * A parent that dies, even by kill -9, closes the pipe that it gave as standard input. A terminal
 * or /dev/null says nothing of that kind and is left alone.
 */
function toldToStop(): Promise<void> {
  const { promise, resolve: stop } = Promise.withResolvers<void>()
  process.once('SIGTERM', () => stop())
  process.once('SIGINT', () => stop())
  const input = fstatSync(0)
  if (input.isFIFO() || input.isSocket()) {
    process.stdin.once('end', () => stop())
    process.stdin.once('error', () => stop())
    process.stdin.resume()
  }
  return promise.finally(() => process.stdin.destroy())
}
