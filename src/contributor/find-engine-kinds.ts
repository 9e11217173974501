/*
 * The kinds of engines that are known, by how they answer: what each says of itself beside the OpenAI API. Read in November
 * 2026 from the documentation of vLLM, llama.cpp (tools/server), Ollama, LM Studio, SGLang, text-generation-inference and
 * LocalAI; what an engine does not tell stays undefined and is never guessed, with one exception that says why.
 */
import { countOf, listOf, memberOf, textOf } from './ask-engine.ts'
import { ollamaContextDefaultTokens } from './find-engine-limits.ts'

/** `openai` is a server of the OpenAI API that nothing else is known of. */
export type EngineKind =
  | 'vouch'
  | 'vllm'
  | 'sglang'
  | 'llama-cpp'
  | 'localai'
  | 'ollama'
  | 'lm-studio'
  | 'tgi'
  | 'openai'

/** An entry of `/v1/models`. */
export type ListedModel = {
  readonly id: string
  /** Empty where the engine says nothing of it. */
  readonly ownedBy: string
  readonly json: unknown
}

export type EngineFacts = {
  readonly version?: string | undefined
  readonly slots?: number | undefined
  readonly makesVectors?: boolean | undefined
  readonly models: readonly {
    readonly id: string
    readonly contextTokensMax: number | undefined
    readonly details?: string | undefined
    readonly writesText?: boolean | undefined
    readonly modelId?: string | undefined
    readonly weightsPath?: string | undefined
  }[]
}

export type EngineLook = {
  /** What the engine answers to a GET, or to a POST where there is a body; undefined where it is no JSON with status 200. */
  readonly ask: (path: string, body?: object) => Promise<unknown>
  readonly listed: readonly ListedModel[]
}

type KnownKind = {
  readonly kind: EngineKind
  /** How a person knows it. */
  readonly name: string
  /** Undefined where this is not one. */
  readonly look: (engine: EngineLook) => Promise<EngineFacts | undefined>
}

async function lookAtVouch({ ask, listed }: EngineLook): Promise<EngineFacts | undefined> {
  // A gateway of ours owns its models too, and has no such route.
  const health = await ask('/health')
  const modelId = textOf(memberOf(health, 'modelId'))
  if (modelId === undefined) return undefined
  const contextTokensMax = countOf(memberOf(health, 'contextTokensMax'))
  const models = listed.map(({ id }) => ({ id, contextTokensMax, modelId }))
  const makesVectors = listOf(memberOf(health, 'endpoints')).includes('embeddings')
  return { slots: countOf(memberOf(health, 'slots')), makesVectors, models }
}

async function lookAtVllm({ ask, listed }: EngineLook): Promise<EngineFacts> {
  const version = textOf(memberOf(await ask('/version'), 'version'))
  return { version, models: listed.map(withModelLength) }
}

const withModelLength = ({ id, json }: ListedModel) => ({
  id,
  contextTokensMax: countOf(memberOf(json, 'max_model_len')),
  weightsPath: textOf(memberOf(json, 'root')),
})

async function lookAtSglang({ ask, listed }: EngineLook): Promise<EngineFacts> {
  const server = (await ask('/get_server_info')) ?? (await ask('/server_info'))
  return {
    version: textOf(memberOf(server, 'version')),
    slots: countOf(memberOf(server, 'max_running_requests')),
    models: listed.map(withModelLength),
  }
}

async function lookAtLlamaCpp({ ask, listed }: EngineLook): Promise<EngineFacts | undefined> {
  const props = await ask('/props')
  const slots = countOf(memberOf(props, 'total_slots'))
  const saysSo = listed.some(({ ownedBy }) => ownedBy === 'llamacpp')
  if (slots === undefined && !saysSo) return undefined
  // Of one slot: what a request may use, however many others run.
  const ofSlot = countOf(memberOf(props, 'default_generation_settings', 'n_ctx'))
  const models = listed.map(({ id, json }) => ({
    id,
    // A server that loads models when they are asked for has settings of its own for each.
    contextTokensMax:
      countOf(memberOf(json, 'meta', 'n_ctx')) ?? (listed.length === 1 ? ofSlot : undefined),
    details: billions(countOf(memberOf(json, 'meta', 'n_params'))),
    weightsPath: listed.length === 1 ? textOf(memberOf(props, 'model_path')) : undefined,
  }))
  return { version: textOf(memberOf(props, 'build_info')), slots, models }
}

/** `8030261312` parameters are `8.0B`; a small model has millions. */
function billions(parameters: number | undefined): string | undefined {
  if (parameters === undefined) return undefined
  return parameters >= 1e9
    ? `${(parameters / 1e9).toFixed(1)}B`
    : `${(parameters / 1e6).toFixed(1)}M`
}

async function lookAtOllama({ ask, listed }: EngineLook): Promise<EngineFacts | undefined> {
  const version = textOf(memberOf(await ask('/api/version'), 'version'))
  const tags = memberOf(await ask('/api/tags'), 'models')
  if (version === undefined || !Array.isArray(tags)) return undefined
  const running = listOf(memberOf(await ask('/api/ps'), 'models'))
  const loaded = new Map(
    running.map((model) => [memberOf(model, 'name'), memberOf(model, 'context_length')]),
  )
  const models = await Promise.all(
    listed.map(async ({ id }) => {
      const shown = await ask('/api/show', { model: id })
      const capabilities = listOf(memberOf(shown, 'capabilities'))
      const size = textOf(memberOf(shown, 'details', 'parameter_size'))
      const quantisation = textOf(memberOf(shown, 'details', 'quantization_level'))
      return {
        id,
        contextTokensMax: countOf(loaded.get(id)) ?? ollamaContext(shown),
        details: [size, quantisation].filter(Boolean).join(' ') || undefined,
        writesText: capabilities.length === 0 || capabilities.includes('completion'),
      }
    }),
  )
  return { version, models }
}

/**
 * A model that is not loaded has no context yet. Ollama gives it `num_ctx` of its Modelfile, or a default that it does not
 * tell; the model's own limit would be a promise that it breaks in silence, so the smallest default stands in.
 */
function ollamaContext(shown: unknown): number | undefined {
  const parameters = textOf(memberOf(shown, 'parameters')) ?? ''
  const chosen = /^num_ctx\s+(\d+)$/m.exec(parameters)?.[1]
  const family = textOf(memberOf(shown, 'model_info', 'general.architecture')) ?? ''
  const most = countOf(memberOf(shown, 'model_info', `${family}.context_length`))
  if (chosen === undefined && most === undefined) return undefined
  const context = chosen === undefined ? ollamaContextDefaultTokens : Number(chosen)
  return Math.min(context, most ?? context)
}

async function lookAtLmStudio({ ask }: EngineLook): Promise<EngineFacts | undefined> {
  const data = memberOf(await ask('/api/v0/models'), 'data')
  if (!Array.isArray(data)) return undefined
  const models = data.flatMap((model) => {
    const id = textOf(memberOf(model, 'id'))
    if (id === undefined) return []
    const loaded = countOf(memberOf(model, 'loaded_context_length'))
    const details = [memberOf(model, 'arch'), memberOf(model, 'quantization')].map(textOf)
    return {
      id,
      // What a model is loaded with is the person's choice; what it could have is no promise.
      contextTokensMax: loaded,
      details: details.filter(Boolean).join(' ') || undefined,
      writesText: memberOf(model, 'type') !== 'embeddings',
    }
  })
  return { models }
}

async function lookAtTgi({ ask, listed }: EngineLook): Promise<EngineFacts | undefined> {
  const info = await ask('/info')
  const model = textOf(memberOf(info, 'model_id'))
  const contextTokensMax = countOf(memberOf(info, 'max_total_tokens'))
  if (model === undefined || contextTokensMax === undefined) return undefined
  const ids = listed.length === 0 ? [model] : listed.map(({ id }) => id)
  return {
    version: textOf(memberOf(info, 'version')),
    slots: countOf(memberOf(info, 'max_concurrent_requests')),
    models: ids.map((id) => ({ id, contextTokensMax })),
  }
}

async function lookAtLocalAi({ ask, listed }: EngineLook): Promise<EngineFacts | undefined> {
  const system = await ask('/system')
  if (!Array.isArray(memberOf(system, 'backends'))) return undefined
  const version = textOf(memberOf(await ask('/version'), 'version'))
  return { version, models: listed.map(({ id }) => ({ id, contextTokensMax: undefined })) }
}

/** What one kind says in `owned_by` of its models; whoever says so is of that kind, or no engine. */
export const kindsByOwner: readonly (KnownKind & { readonly owner: string })[] = [
  { kind: 'vouch', name: 'vouch engine', owner: 'vouch', look: lookAtVouch },
  { kind: 'vllm', name: 'vLLM', owner: 'vllm', look: lookAtVllm },
  { kind: 'sglang', name: 'SGLang', owner: 'sglang', look: lookAtSglang },
  { kind: 'llama-cpp', name: 'llama.cpp server', owner: 'llamacpp', look: lookAtLlamaCpp },
]

/** Those that others' routes tell apart, whatever they say of their models. LocalAI also speaks like Ollama. */
export const kindsByRoutes: readonly KnownKind[] = [
  { kind: 'localai', name: 'LocalAI', look: lookAtLocalAi },
  { kind: 'ollama', name: 'Ollama', look: lookAtOllama },
  { kind: 'lm-studio', name: 'LM Studio', look: lookAtLmStudio },
  { kind: 'llama-cpp', name: 'llama.cpp server', look: lookAtLlamaCpp },
  { kind: 'tgi', name: 'text-generation-inference', look: lookAtTgi },
]
