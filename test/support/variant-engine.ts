/*
 * An engine that signs under the name of vouch-mini and computes what a variant says: the engine of this project, in this
 * process, over another decoder. And its answers as an auditor gets them.
 */
import { decodeWork } from '../../src/attestation/check-work.ts'
import type { AnswerUnderAudit } from '../../src/auditor/judge-answer.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { DomainSeparator } from '../../src/chain/typed-data.ts'
import { openWorkSigner } from '../../src/contributor/sign-work.ts'
import type { Address } from '../../src/domain/units.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { startEngineServer } from '../../src/engine/engine-server.ts'
import type { LanguageModel } from '../../src/engine/load-model.ts'
import { testDomain } from './gateway-on-ledger.ts'
import { memoryJobs } from './memory-jobs.ts'

export type VariantEngine = {
  readonly url: string
  readonly contributor: Address
  readonly signingKey: PrivateKey
  readonly modelId: string
  readonly stop: () => Promise<void>
}

export async function startVariantEngine(
  model: LanguageModel,
  terms: {
    readonly domain?: DomainSeparator
    readonly signingKey?: PrivateKey
    /** Whether it answers the first prompt that it was asked again and again, instead of what it is asked. */
    readonly replaysPrompts?: () => boolean
  } = {},
): Promise<VariantEngine> {
  const { domain = testDomain, signingKey = randomPrivateKey() } = terms
  const contributor = addressOfPrivateKey(signingKey)
  const { modelId } = model
  const engine = createEngine({
    model,
    workSigner: openWorkSigner({
      privateKey: signingKey,
      contributor,
      modelId,
      domain,
      jobs: memoryJobs(),
    }),
    slotsMax: 8,
    batchRowsMax: 8,
    waitingMax: 256,
    // What one variant has read is not what another would have.
    prefixCacheBytesMax: 0,
    nowMs: Date.now,
  })
  const { promptReader } = engine
  let first: readonly number[] | undefined
  const replaying = {
    ...promptReader,
    read: (tokens: readonly number[], signal: AbortSignal) => {
      first ??= tokens
      return promptReader.read(terms.replaysPrompts?.() === true ? first : tokens, signal)
    },
  }
  const served = { ...engine, promptReader: replaying }
  const listening = { host: '127.0.0.1', port: 0, secret: undefined, onRequestEnd: () => {} }
  const server = await startEngineServer(served, listening)
  return { url: server.url, contributor, signingKey, modelId, stop: () => server.stop() }
}

const gateway = `0x${'9a'.repeat(20)}`

/** One job as a gateway gives it, and the bytes and the Work that an auditor would have of it. */
export async function auditedJob(
  engine: VariantEngine,
  asked: {
    readonly jobId: string
    readonly body: object
    readonly path?: string
    readonly isOpened?: boolean
  },
): Promise<AnswerUnderAudit> {
  const { jobId, path = '/v1/chat/completions', isOpened = false } = asked
  const requestBody = Buffer.from(JSON.stringify({ model: 'vouch-mini', ...asked.body }))
  const headers = {
    'content-type': 'application/json',
    'x-vouch-job': jobId,
    'x-vouch-gateway': gateway,
    'x-vouch-model': engine.modelId,
  }
  const response = await fetch(engine.url + path, { method: 'POST', headers, body: requestBody })
  const text = await response.text()
  const behind = /^: vouch-work (.+)\n\n$/m.exec(text)
  const work = decodeWork(response.headers.get('x-vouch-work') ?? behind?.[1] ?? '')?.work
  if (work === undefined) throw new Error(`no signed answer: ${response.status} ${text}`)
  const opening = isOpened
    ? await fetch(`${engine.url}/v1/vouch/openings/${jobId}`, { headers })
    : undefined
  return {
    work,
    requestBody,
    responseBody: Buffer.from(behind === null ? text : text.slice(0, behind.index)),
    commitmentOpening: await opening?.text(),
  }
}
