import { env, InferenceSession, Tensor } from 'onnxruntime-node'
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { ModelConfig } from './model-config.ts'

/**
 * Keys and values of the first `tokens` positions: for each layer the key, then the value, each [1,
 * heads, tokens, head dimension]. Never written after it was made, so any number of continuations
 * may share one.
 */
export type KeyValueCache = { readonly tokens: number; readonly tensors: readonly Tensor[] }

export type ForwardPass = {
  /** Logits of the token after the last one given; as long as the vocabulary. */
  readonly logits: Float32Array
  readonly cache: KeyValueCache
}

export type DecoderSession = {
  readonly emptyCache: KeyValueCache
  /**
   * Continues `past` by at least one token. onnxruntime's `run` computes on the JavaScript thread
   * inside a setImmediate, so whatever else waits (requests, aborts, another generation) gets its
   * turn between two calls, never within one.
   */
  readonly forward: (past: KeyValueCache, tokenIds: readonly number[]) => Promise<ForwardPass>
  readonly release: () => Promise<void>
}

/**
 * The runtime and its version, as a manifest names it: both are part of what a modelId stands for.
 */
export const engineName: string = `onnxruntime-node ${env.versions.node ?? 'unknown'}`

export type SessionOptions = { readonly intraOpThreads: number }

/**
 * Opens model.onnx on the CPU; the error says where its signature differs from Hugging Face
 * Optimum's decoder-with-past.
 */
export async function openDecoderSession(
  onnx: Uint8Array,
  config: ModelConfig,
  options: SessionOptions,
): Promise<Result<DecoderSession, string>> {
  let session: InferenceSession
  try {
    session = await InferenceSession.create(onnx, {
      executionProviders: ['cpu'],
      intraOpNumThreads: options.intraOpThreads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    })
  } catch (error) {
    return err(`onnxruntime does not load it: ${(error as Error).message}`)
  }
  const missing = missingNames(session, config)
  if (missing.length > 0) return err(`it has no ${missing.join(', no ')}`)
  const decoder = decoderOver(session, config)
  try {
    const { logits } = await decoder.forward(decoder.emptyCache, [config.endTokenId])
    if (logits.length === config.vocabularySize) return ok(decoder)
    return err(
      `its logits have ${logits.length} entries, config.json says ${config.vocabularySize}`,
    )
  } catch (error) {
    return err(`a first token fails: ${(error as Error).message}`)
  }
}

const cacheNames = (prefix: string, config: ModelConfig): string[] =>
  Array.from({ length: config.layers }, (_, layer) => [
    `${prefix}.${layer}.key`,
    `${prefix}.${layer}.value`,
  ]).flat()

function missingNames(session: InferenceSession, config: ModelConfig): string[] {
  const inputs = ['input_ids', 'attention_mask', 'position_ids']
  return [
    ...[...inputs, ...cacheNames('past_key_values', config)]
      .filter((name) => !session.inputNames.includes(name))
      .map((name) => `input ${name}`),
    ...['logits', ...cacheNames('present', config)]
      .filter((name) => !session.outputNames.includes(name))
      .map((name) => `output ${name}`),
  ]
}

function decoderOver(session: InferenceSession, config: ModelConfig): DecoderSession {
  const pastNames = cacheNames('past_key_values', config)
  const presentNames = cacheNames('present', config)
  const ones = new BigInt64Array(config.contextTokensMax).fill(1n)
  const noPositions = [1, config.heads, 0, config.headDimension]
  return {
    emptyCache: {
      tokens: 0,
      tensors: pastNames.map(() => new Tensor('float32', new Float32Array(0), noPositions)),
    },
    forward: async (past, tokenIds) => {
      const added = tokenIds.length
      const tokens = past.tokens + added
      assert(added > 0 && tokens <= config.contextTokensMax, 'a pass stays within the context')
      const positions = BigInt64Array.from(tokenIds, (_, index) => BigInt(past.tokens + index))
      const feeds: Record<string, Tensor> = {
        input_ids: new Tensor('int64', BigInt64Array.from(tokenIds, BigInt), [1, added]),
        attention_mask: new Tensor('int64', ones.subarray(0, tokens), [1, tokens]),
        position_ids: new Tensor('int64', positions, [1, added]),
      }
      for (const [index, name] of pastNames.entries()) feeds[name] = tensorAt(past.tensors, index)
      const outputs = await session.run(feeds)
      const logits = outputs['logits']?.data
      assert(logits instanceof Float32Array, 'logits are float32')
      return {
        logits: logits.subarray(logits.length - logits.length / added),
        cache: { tokens, tensors: presentNames.map((name) => namedTensor(outputs, name)) },
      }
    },
    release: () => session.release(),
  }
}

function tensorAt(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index]
  assert(tensor !== undefined, 'a cache has a key and a value for each layer')
  return tensor
}

function namedTensor(outputs: InferenceSession.OnnxValueMapType, name: string): Tensor {
  const tensor = outputs[name]
  assert(tensor !== undefined, `the model gives ${name}`)
  return tensor
}

/**
 * The first `tokens` positions of a cache, copied. What it holds is bit for bit what computing them
 * again would give.
 */
export function firstPositions(cache: KeyValueCache, tokens: number): KeyValueCache {
  assert(tokens <= cache.tokens, 'a cache is only ever shortened')
  if (tokens === cache.tokens) return cache
  return { tokens, tensors: cache.tensors.map((tensor) => shortened(tensor, tokens)) }
}

function shortened(tensor: Tensor, tokens: number): Tensor {
  const [batch = 1, heads = 0, had = 0, dimension = 0] = tensor.dims
  const from = tensor.data
  assert(from instanceof Float32Array, 'keys and values are float32')
  const kept = new Float32Array(batch * heads * tokens * dimension)
  for (let head = 0; head < batch * heads; head += 1) {
    const start = head * had * dimension
    kept.set(from.subarray(start, start + tokens * dimension), head * tokens * dimension)
  }
  return new Tensor('float32', kept, [batch, heads, tokens, dimension])
}
