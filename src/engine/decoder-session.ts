import { env, InferenceSession, Tensor } from 'onnxruntime-node'
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import { allocate, capacityFor, type KeyValues } from './key-values.ts'
import type { ModelConfig } from './model-config.ts'

/** New tokens of one or several sequences, and what came before them. */
export type PassInput = {
  /** One row for each sequence. */
  readonly past: KeyValues
  /** Positions of each row that are filled; what lies behind them is not looked at. */
  readonly pastTokens: readonly number[]
  /** Of each row, all equally many and at least one. */
  readonly tokenIds: readonly (readonly number[])[]
}

export type PassOutput = {
  /** Of each row: logits of the token after its last one, as long as the vocabulary. */
  readonly logits: readonly Float32Array[]
  /** Of the new positions only, in memory of their own: `capacity` is how many were given. */
  readonly added: KeyValues
  /** What `states` asked for: [rows, new tokens, width] each. */
  readonly states: ReadonlyMap<string, Float32Array>
}

export type DecoderSession = {
  /**
   * One pass over the model. onnxruntime's `run` computes on the JavaScript thread inside a
   * setImmediate, so whatever else waits (requests, aborts, another pass) gets its turn between two
   * calls, never within one. `past` must stay as it is until then.
   */
  readonly forward: (input: PassInput, states?: readonly string[]) => Promise<PassOutput>
  readonly release: () => Promise<void>
}

/**
 * The runtime and its version, as a manifest names it: both are part of what a modelId stands for.
 */
export const engineName: string = `onnxruntime-node ${env.versions.node ?? 'unknown'}`

export type SessionOptions = { readonly intraOpThreads: number }

/**
 * Opens model.onnx on the CPU; the error says where its signature differs from the one that
 * models/vouch-mini/README.md has.
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
    const past = allocate(config, { rows: 1, capacity: capacityFor(0, config.contextTokensMax) })
    const { logits } = await decoder.forward({
      past,
      pastTokens: [0],
      tokenIds: [[config.endTokenId]],
    })
    const length = logits[0]?.length
    if (length === config.vocabularySize) return ok(decoder)
    return err(`its logits have ${length} entries, config.json says ${config.vocabularySize}`)
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
  const inputs = ['input_ids', 'position_ids', 'past_bias']
  const { meanOf = [], lastOf = [] } = config.embedding ?? {}
  const outputs = ['logits', ...cacheNames('new_key_values', config), ...meanOf, ...lastOf]
  return [
    ...[...inputs, ...cacheNames('past_key_values', config)]
      .filter((name) => !session.inputNames.includes(name))
      .map((name) => `input ${name}`),
    ...outputs
      .filter((name) => !session.outputNames.includes(name))
      .map((name) => `output ${name}`),
  ]
}

/** What the scores of a past position that is not filled are lowered by: its share is exactly zero. */
const unseen = -1e9

function decoderOver(session: InferenceSession, config: ModelConfig): DecoderSession {
  const pastNames = cacheNames('past_key_values', config)
  const addedNames = cacheNames('new_key_values', config)
  const { heads, headDimension } = config

  function feedsOf({ past, pastTokens, tokenIds }: PassInput): Record<string, Tensor> {
    const { rows, capacity } = past
    const added = tokenIds[0]?.length ?? 0
    assert(rows === tokenIds.length && rows === pastTokens.length, 'each row has tokens and a past')
    const ids = new BigInt64Array(rows * added)
    const positions = new BigInt64Array(rows * added)
    const bias = new Float32Array(rows * capacity).fill(unseen)
    for (const [row, given] of tokenIds.entries()) {
      const before = pastTokens[row] ?? Number.NaN
      assert(
        given.length === added && added > 0 && before + added <= config.contextTokensMax,
        'a pass stays within the context',
      )
      assert(before <= capacity, 'a past has the room that it fills')
      bias.fill(0, row * capacity, row * capacity + before)
      for (const [at, tokenId] of given.entries()) {
        ids[row * added + at] = BigInt(tokenId)
        positions[row * added + at] = BigInt(before + at)
      }
    }
    const feeds: Record<string, Tensor> = {
      input_ids: new Tensor('int64', ids, [rows, added]),
      position_ids: new Tensor('int64', positions, [rows, added]),
      past_bias: new Tensor('float32', bias, [rows, capacity]),
    }
    for (const [index, name] of pastNames.entries()) {
      const array = past.arrays[index]
      assert(array !== undefined, 'a past has a key and a value for each layer')
      feeds[name] = new Tensor('float32', array, [rows, heads, capacity, headDimension])
    }
    return feeds
  }

  return {
    forward: async (input, states = []) => {
      const feeds = feedsOf(input)
      const { rows } = input.past
      const added = input.tokenIds[0]?.length ?? 0
      const outputs = await session.run(feeds, ['logits', ...addedNames, ...states])
      const logits = floatsOf(outputs, 'logits')
      const width = logits.length / (rows * added)
      return {
        // The one after the last new token of each row.
        logits: Array.from({ length: rows }, (_, row) =>
          logits.subarray(((row + 1) * added - 1) * width, (row + 1) * added * width),
        ),
        added: {
          rows,
          capacity: added,
          arrays: addedNames.map((name) => floatsOf(outputs, name)),
          heads,
          headDimension,
        },
        states: new Map(states.map((name) => [name, floatsOf(outputs, name)])),
      }
    },
    release: () => session.release(),
  }
}

function floatsOf(outputs: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const data = outputs[name]?.data
  assert(data instanceof Float32Array, `the model gives ${name} in float32`)
  return data
}
