/*
 * Finds OpenAI-compatible engines on this machine: asks the usual ports at once, tells one kind of engine from another by
 * how it answers, and learns from each what the OpenAI API does not tell, such as the length of its context.
 */
import { askEngine, type EngineAnswer, memberOf, textOf } from './ask-engine.ts'
import {
  type EngineFacts,
  type EngineKind,
  type EngineLook,
  kindsByOwner,
  kindsByRoutes,
  type ListedModel,
} from './find-engine-kinds.ts'
import { engineAnswerTimeoutMs, engineModelsMax } from './find-engine-limits.ts'

export type FoundEngine = {
  readonly kind: EngineKind
  /** How a person knows it, such as `llama.cpp server`. */
  readonly name: string
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  readonly version: string | undefined
  /** It wants a key, which was not given or is wrong: nothing more is known of it. */
  readonly isLocked: boolean
  /** Requests that it answers at once, where it tells. */
  readonly slots: number | undefined
  /** It says that its models of text answer `/v1/embeddings` too. */
  readonly makesVectors: boolean
  readonly models: readonly FoundModel[]
}

export type FoundModel = {
  /** As requests name it. */
  readonly id: string
  /** Tokens of prompt and answer together, where the engine tells. */
  readonly contextTokensMax: number | undefined
  /** Such as `8.0B Q4_K_M`. */
  readonly details: string | undefined
  /** False of a model that makes vectors and no text. */
  readonly writesText: boolean
  /** Of an engine of ours: the keccak256 of its manifest. */
  readonly modelId: string | undefined
  /** Where its weights lie on the engine's machine, where it tells. */
  readonly weightsPath: string | undefined
}

/**
 * Where engines listen unless they are told otherwise: vLLM; llama.cpp, LocalAI and TGI in its container; `vouch engine`
 * as documented; Ollama; LM Studio; SGLang; TGI; Jan.
 */
export const usualEnginePorts = [8000, 8080, 8081, 11434, 1234, 30000, 3000, 1337] as const

/** Those of `origins` that are engines, in the same order. */
export async function findEngines(terms: {
  /** Such as `http://127.0.0.1:8000`. */
  readonly origins: readonly string[]
  readonly timeLimitMs?: number
}): Promise<readonly FoundEngine[]> {
  const { origins, timeLimitMs = engineAnswerTimeoutMs } = terms
  const found = await Promise.all(
    origins.map((origin) => lookAtEngine({ origin, apiKey: undefined, timeLimitMs })),
  )
  return found.filter((engine) => engine !== undefined)
}

/** What is at one address; undefined where no engine is. */
export async function lookAtEngine(terms: {
  readonly origin: string
  readonly apiKey: string | undefined
  readonly timeLimitMs?: number
}): Promise<FoundEngine | undefined> {
  const { origin, apiKey, timeLimitMs = engineAnswerTimeoutMs } = terms
  const ask: EngineLook['ask'] = async (path, body) => {
    const answer = await askEngine({ origin, path, apiKey, timeLimitMs, ...(body && { body }) })
    return answer?.status === 200 ? answer.json : undefined
  }
  const answer = await askEngine({ origin, path: '/v1/models', apiKey, timeLimitMs })
  if (answer === undefined) return undefined
  if (isRefusal(answer)) return { ...unknownEngine(origin), isLocked: true }
  const listed = listedModels(answer)
  const owners = new Set(listed?.map(({ ownedBy }) => ownedBy))
  const owned = kindsByOwner.find(({ owner }) => owners.has(owner))
  const looks = await Promise.all(
    (owned === undefined ? kindsByRoutes : [owned]).map(async ({ kind, name, look }) => {
      const facts = await look({ ask, listed: listed ?? [] })
      return facts && engineOf({ ...unknownEngine(origin), kind, name }, facts)
    }),
  )
  const known = looks.find((engine) => engine !== undefined)
  if (known !== undefined || owned !== undefined) return known
  if (listed === undefined || listed.length === 0) return undefined
  const models = listed.map(({ id }) => ({ id, contextTokensMax: undefined }))
  return engineOf(unknownEngine(origin), { models })
}

/** An error that is OpenAI's: a web page behind a login is no engine. */
const isRefusal = ({ status, json }: EngineAnswer): boolean =>
  (status === 401 || status === 403) && memberOf(json, 'error') !== undefined

/** Undefined where the answer is no list of models. */
function listedModels({ status, json }: EngineAnswer): readonly ListedModel[] | undefined {
  const data = memberOf(json, 'data')
  if (status !== 200 || !Array.isArray(data)) return undefined
  return data.slice(0, engineModelsMax).flatMap((model: unknown) => {
    const id = textOf(memberOf(model, 'id'))
    const ownedBy = textOf(memberOf(model, 'owned_by')) ?? ''
    return id === undefined ? [] : [{ id, ownedBy, json: model }]
  })
}

const engineOf = (
  engine: FoundEngine,
  { version, slots, makesVectors = false, models }: EngineFacts,
): FoundEngine => ({
  ...engine,
  version,
  slots,
  makesVectors,
  models: models.slice(0, engineModelsMax).map((model) => ({
    id: model.id,
    contextTokensMax: model.contextTokensMax,
    details: model.details,
    writesText: model.writesText ?? true,
    modelId: model.modelId,
    weightsPath: model.weightsPath,
  })),
})

const unknownEngine = (origin: string): FoundEngine => ({
  kind: 'openai',
  name: 'OpenAI-compatible server',
  baseUrl: `${origin}/v1`,
  version: undefined,
  isLocked: false,
  slots: undefined,
  makesVectors: false,
  models: [],
})
