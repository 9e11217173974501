import { hash } from 'node:crypto'
import type { Credit } from '../contributor/credit.ts'
import type { WorkSigner } from '../contributor/sign-work.ts'
import { engineName } from './decoder-session.ts'
import { openTurns, type Turns } from './generation-turns.ts'
import { prefillTokensMax } from './limits.ts'
import type { LanguageModel } from './load-model.ts'
import { openPrefixCache, type PrefixCache } from './prefix-cache.ts'

/** Everything that answers share: made once, at the start. */
export type Engine = {
  readonly model: LanguageModel
  /** Unix seconds at which the model was loaded: `created` of its model object. */
  readonly loadedAtS: number
  readonly prefixCache: PrefixCache
  readonly turns: Turns
  /** Undefined for a plain OpenAI server, which signs nothing. */
  readonly workSigner: WorkSigner | undefined
  /** Undefined for who is paid in another way, or not at all. */
  readonly credit: Credit | undefined
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
  readonly workSigner: WorkSigner | undefined
  readonly credit?: Credit | undefined
  readonly runningMax: number
  readonly waitingMax: number
  /** Prompts that are kept for reuse; 0 keeps none. */
  readonly prefixCacheEntriesMax: number
  readonly nowMs: () => number
}): Engine {
  const { model, workSigner, runningMax, waitingMax, prefixCacheEntriesMax, nowMs } = parts
  const fingerprint = hash('sha256', `${model.modelId} ${engineName} ${samplerVersion}`)
  return {
    model,
    loadedAtS: Math.floor(nowMs() / 1000),
    prefixCache: openPrefixCache({
      decoder: model.decoder,
      blockTokens: prefillTokensMax,
      entriesMax: prefixCacheEntriesMax,
    }),
    turns: openTurns({ runningMax, waitingMax }),
    workSigner,
    credit: parts.credit,
    systemFingerprint: `fp_${fingerprint.slice(0, 10)}`,
    nowMs,
  }
}
