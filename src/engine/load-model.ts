import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import type { Bytes32 } from '../domain/units.ts'
import { isBatchExact } from './batch-check.ts'
import {
  type DecoderSession,
  engineName,
  openDecoderSession,
  type SessionOptions,
} from './decoder-session.ts'
import { type ModelConfig, parseModelConfig } from './model-config.ts'
import { type ModelRefusal, readModelFiles } from './model-files.ts'
import { readTextEmbedding, type TextEmbedding } from './text-embedding.ts'
import { type ModelTokenizer, parseTokenizer } from './tokenizer.ts'

/** A model that is ready to answer. */
export type LanguageModel = {
  readonly name: string
  readonly modelId: Bytes32
  readonly config: ModelConfig
  readonly tokenizer: ModelTokenizer
  readonly decoder: DecoderSession
  /** Whether this machine computes several rows at once without changing a bit of any. */
  readonly isBatchExact: boolean
  /** Undefined for a model that makes no vectors. */
  readonly embedding: TextEmbedding | undefined
  /** Tokens that are never sampled: all that are no text (marks, unused ids), except the end. */
  readonly forbiddenTokens: readonly number[]
}

/**
 * Loads a model folder; nothing of it is used before its sha256 was found equal to the manifest's.
 */
export async function loadModel(
  folder: string,
  options: SessionOptions,
): Promise<Result<LanguageModel, ModelRefusal>> {
  const files = await readModelFiles(folder)
  if (!files.ok) return files
  const { name, modelId, engine, contents } = files.value
  const refuse = (file: string, detail: string) => err({ file: join(folder, file), detail })
  // The modelId names the engine, so answers of another one would be signed under a false name.
  if (engine !== engineName) {
    return refuse('manifest.json', `it is made for ${engine}, this is ${engineName}`)
  }
  const textOf = (file: string): string => contents.get(file)?.toString('utf8') ?? ''

  const config = parseModelConfig(textOf('config.json'))
  if (!config.ok) return refuse('config.json', config.error)
  const tokenizer = parseTokenizer(textOf('tokenizer.json'))
  if (!tokenizer.ok) return refuse('tokenizer.json', tokenizer.error)
  const onnx = contents.get('model.onnx') ?? new Uint8Array()
  const decoder = await openDecoderSession(onnx, config.value, options)
  if (!decoder.ok) return refuse('model.onnx', decoder.error)
  const { endTokenId, vocabularySize } = config.value
  const table = contents.get('embedding.f16') ?? Buffer.alloc(0)
  const embedding =
    config.value.embedding && readTextEmbedding(table, config.value.embedding, tokenizer.value)
  if (embedding?.ok === false) return refuse('embedding.f16', embedding.error)
  return ok({
    name,
    modelId,
    config: config.value,
    tokenizer: tokenizer.value,
    decoder: decoder.value,
    isBatchExact: await isBatchExact(decoder.value, config.value),
    embedding: embedding?.value,
    forbiddenTokens: [...Array(vocabularySize).keys()].filter(
      (tokenId) => tokenId !== endTokenId && tokenizer.value.bytesOf(tokenId) === undefined,
    ),
  })
}
