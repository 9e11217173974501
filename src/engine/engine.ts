import { hash } from 'node:crypto'
import type { ContractJobs } from '../contributor/contract-jobs.ts'
import type { Credit } from '../contributor/credit.ts'
import type { WorkSigner } from '../contributor/sign-work.ts'
import { engineName } from './decoder-session.ts'
import { type DecodingBatch, openDecodingBatch } from './decoding-batch.ts'
import { openTurns, type Turns } from './generation-turns.ts'
import { KeptTokens } from './kept-tokens.ts'
import { prefillTokensMax, tokensKeptBytesMax } from './limits.ts'
import type { LanguageModel } from './load-model.ts'
import { openPrefixCache } from './prefix-cache.ts'
import type { ProvableModel } from './provable-model.ts'
import { openPromptReader, type PromptReader } from './read-prompt.ts'

/** Everything that answers share: made once, at the start. */
export type Engine = {
  readonly model: LanguageModel
  /** Models of whole numbers, by their names. */
  readonly provable: ReadonlyMap<string, ProvableModel>
  /** Unix seconds at which the model was loaded: `created` of its model object. */
  readonly loadedAtS: number
  readonly promptReader: PromptReader
  readonly batch: DecodingBatch
  /** Rows of one pass: one where this machine cannot compute more without changing a bit. */
  readonly batchRowsMax: number
  readonly turns: Turns
  /** Undefined for a plain OpenAI server, which signs nothing. */
  readonly workSigner: WorkSigner | undefined
  /** What opens the commitments in the Work that was signed. */
  readonly keptTokens: KeptTokens
  /** Undefined for who is paid in another way, or not at all. */
  readonly credit: Credit | undefined
  /** Undefined for who answers no contracts. */
  readonly contractJobs: ContractJobs | undefined
  /**
   * Changes when the same seed may give other tokens: with the model, the runtime or the sampler.
   */
  readonly systemFingerprint: string
  readonly nowMs: () => number
}

/** Part of the fingerprint; raised with any change of sampling that changes a token. */
const samplerVersion = 'vouch-sample/1'

export function createEngine(parts: {
  readonly model: LanguageModel
  readonly provable?: readonly ProvableModel[]
  readonly workSigner: WorkSigner | undefined
  readonly credit?: Credit | undefined
  readonly contractJobs?: ContractJobs | undefined
  /** Answers that are generated at once. */
  readonly slotsMax: number
  /** Of them in one pass; the engine takes one where the machine does not batch exactly. */
  readonly batchRowsMax: number
  readonly waitingMax: number
  /** For beginnings that are kept for reuse; 0 keeps none. */
  readonly prefixCacheBytesMax: number
  readonly nowMs: () => number
}): Engine {
  const { model, provable = [], workSigner, slotsMax, waitingMax, nowMs } = parts
  const { config: shape, decoder } = model
  const blockTokens = prefillTokensMax
  const prefixCache = openPrefixCache({ shape, blockTokens, bytesMax: parts.prefixCacheBytesMax })
  const batchRowsMax = model.isBatchExact ? parts.batchRowsMax : 1
  const fingerprint = hash('sha256', `${model.modelId} ${engineName} ${samplerVersion}`)
  const turns = openTurns({ slotsMax, waitingMax })
  const isIdle = (): boolean => parts.prefixCacheBytesMax > 0 && turns.counts().running === 0
  return {
    model,
    provable: new Map(provable.map((one) => [one.name, one])),
    loadedAtS: Math.floor(nowMs() / 1000),
    promptReader: openPromptReader({ decoder, shape, prefixCache, blockTokens, isIdle }),
    batch: openDecodingBatch({ decoder, shape, rowsMax: batchRowsMax }),
    batchRowsMax,
    turns,
    workSigner,
    keptTokens: new KeptTokens(tokensKeptBytesMax),
    credit: parts.credit,
    contractJobs: parts.contractJobs,
    systemFingerprint: `fp_${fingerprint.slice(0, 10)}`,
    nowMs,
  }
}
