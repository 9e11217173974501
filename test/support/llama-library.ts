/*
 * llama.cpp as npm's node-llama-cpp has it, which scripts/test-engines.ts installs beside this package. Only what is used here is
 * typed; documentation: node-llama-cpp 3.22, "Low Level API".
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

type Token = number

export type LlamaSequence = {
  readonly nextTokenIndex: number
  readonly evaluate: (
    tokens: readonly Token[],
    options: {
      readonly temperature: number
      readonly seed?: number
      readonly tokenBias?: unknown
      readonly yieldEogToken?: boolean
    },
  ) => AsyncGenerator<Token>
  readonly clearHistory: () => Promise<void>
}

export type LlamaModel = {
  readonly filename: string | undefined
  readonly tokenize: (text: string, specialTokens: boolean) => readonly Token[]
  readonly detokenize: (tokens: readonly Token[], specialTokens?: boolean) => string
  readonly createContext: (options: {
    readonly contextSize: number
    readonly sequences: number
    readonly threads: number
    readonly flashAttention: boolean
  }) => Promise<{ readonly getSequence: () => LlamaSequence }>
}

export type LlamaLibrary = {
  readonly model: LlamaModel
  /** A bias for these tokens, in logits. */
  readonly biasOf: (logits: ReadonlyMap<Token, number>) => unknown
  readonly build: string
  readonly close: () => Promise<void>
}

type Library = {
  readonly getLlama: (options: object) => Promise<{
    readonly loadModel: (options: object) => Promise<LlamaModel>
    readonly llamaCppRelease: { readonly repo: string; readonly release: string }
    readonly dispose: () => Promise<void>
  }>
  readonly TokenBias: {
    readonly for: (model: LlamaModel) => {
      readonly set: (token: Token, bias: { readonly logit: number }) => void
    }
  }
}

const entry = join(
  import.meta.dirname,
  '../../.vouch/engines/node_modules/node-llama-cpp/dist/index.js',
)

/** On one thread of the processor, whatever else the machine has. */
export async function loadLlama(modelPath: string): Promise<LlamaLibrary> {
  if (!existsSync(entry)) {
    throw new Error('node-llama-cpp is not there: node scripts/test-engines.ts installs it')
  }
  const { getLlama, TokenBias } = (await import(pathToFileURL(entry).href)) as Library
  const llama = await getLlama({
    build: 'never',
    gpu: false,
    skipDownload: true,
    progressLogs: false,
    logLevel: 'error',
    maxThreads: 1,
  })
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 })
  return {
    model,
    build: llama.llamaCppRelease.release,
    biasOf: (logits) => {
      const bias = TokenBias.for(model)
      for (const [token, logit] of logits) bias.set(token, { logit })
      return bias
    },
    close: () => llama.dispose(),
  }
}
