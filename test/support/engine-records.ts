/*
 * What engines answer, as their own documentation says it: test/fixtures/engines/<kind>. `engine.json` names the pages that
 * each shape was taken from; a text beside it is a body as it goes over the wire.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const engineKinds = ['vllm', 'llama-cpp', 'ollama', 'lm-studio', 'sglang', 'tgi'] as const
export type EngineKind = (typeof engineKinds)[number]

/** A body that is there whole: JSON, text, or a file beside the record. */
export type RecordedBody = {
  readonly status?: number
  readonly json?: unknown
  readonly text?: string
  readonly file?: string
  readonly contentType?: string
}

/** What an answer says, however its engine spells it. */
export type RecordedAnswer = {
  readonly content: string
  /** Beside the answer; absent where there is none. */
  readonly reasoning?: string
  readonly finish: string
  /** Tokens of the prompt, of those from a cache, and of the completion. */
  readonly usage: readonly [prompt: number, cached: number, completion: number]
  readonly tool?: readonly [name: string, arguments_: string]
}

export type EngineRecord = {
  /** Its name in prose, such as `llama.cpp`. */
  readonly engine: string
  /** As the engine tells it; null where none of its routes does. */
  readonly version: string | null
  /** The port that it listens on where nothing else was said. */
  readonly port: number
  /** The one model that it serves. */
  readonly model: string
  readonly contextTokensMax: number
  readonly sources: readonly string[]
  /** Routes other than those that generate, by `METHOD /path`. */
  readonly routes: Readonly<Record<string, RecordedBody>>
  /** What every other path answers. */
  readonly notFound: RecordedBody
  readonly contentTypes: { readonly unary: string; readonly stream: string }
  /** Each in `<name>.json` and `<name>.sse`. */
  readonly answers: Readonly<Record<string, RecordedAnswer>>
  /** A stream that breaks off with an error in band, and the words before it. */
  readonly broken: { readonly file: string; readonly words: string }
  /** A stream that is whole and says nothing, where the engine is known for one. */
  readonly empty?: { readonly file: string }
  /** A stream that begins with its refusal, where the engine is known for one. */
  readonly overloadedStream?: { readonly file: string }
  readonly failures: Readonly<Record<string, RecordedBody>>
}

const folderOf = (kind: EngineKind): string =>
  join(import.meta.dirname, '../fixtures/engines', kind)

export const engineRecord = (kind: EngineKind): EngineRecord =>
  JSON.parse(recordedFile(kind, 'engine.json')) as EngineRecord

export const recordedFile = (kind: EngineKind, file: string): string =>
  readFileSync(join(folderOf(kind), file), 'utf8')
