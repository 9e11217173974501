/*
 * Where a transparency log is read from: a gateway, or a copy of what one has served. Bounded in time and size, because it
 * comes from the other side of the deal.
 */
import { utf8Text } from '../base/bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { LogHeadDocument, TransparencyLogDocument } from '../domain/log-documents.ts'
import { findRepeatedKey } from './find-repeated-key.ts'
import { readLogHead, readTransparencyLog } from './log-documents.ts'
import type { ShapeFault } from './object-reader.ts'

/** The error is one line for a person; undefined is what the source has not. */
type Told<T> = Promise<Result<T | undefined, string>>

export type LogSource = {
  /** For messages. */
  readonly name: string
  readonly batch: (batch: number) => Told<LogHeadDocument>
  /** JSON Lines, byte for byte. */
  readonly entries: (batch: number) => Told<string>
}

/** A batch of 4,096 entries has 440 KB. */
const answerBytesMax = 2 * 1024 * 1024
const answerTimeoutMs = 60_000

export type GatewayLogSource = LogSource & {
  readonly log: () => Promise<Result<TransparencyLogDocument, string>>
}

/** `origin`: the gateway's base URL without `/v1`. */
export function gatewayLog(origin: string, ask: typeof fetch = fetch): GatewayLogSource {
  const get = (path: string): Told<string> => getText(ask, `${origin}/v1/transparency/${path}`)
  return {
    name: origin,
    log: async () => {
      const text = await get('head')
      if (!text.ok) return text
      if (text.value === undefined) return err(`${origin} keeps no transparency log`)
      return parseLogText(text.value, readTransparencyLog)
    },
    batch: async (batch) => {
      const text = await get(`batches/${batch}`)
      if (!text.ok) return text
      return text.value === undefined ? ok(undefined) : parseLogText(text.value, readLogHead)
    },
    entries: (batch) => get(`batches/${batch}.jsonl`),
  }
}

/** A document of a log, or what is amiss with it in one line. */
export function parseLogText<T>(
  text: string,
  read: (value: unknown) => Result<T, readonly ShapeFault[]>,
): Result<T, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return err('it is no JSON')
  }
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) return err(`${repeated} stands there twice`)
  const document = read(value)
  if (document.ok) return document
  const [fault] = document.error
  return err(`${fault?.path || 'it'}: expected ${fault?.expected}, got ${fault?.found}`)
}

async function getText(ask: typeof fetch, url: string): Told<string> {
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs)
    const response = await ask(url, { signal, redirect: 'error' })
    if (response.status === 404) return ok(undefined)
    if (response.status !== 200) return err(`${url} answered ${response.status}`)
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (bytes.length > answerBytesMax) return err(`${url} is longer than any batch`)
    return ok(utf8Text(bytes))
  } catch (error) {
    const cause =
      error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined
    const why = typeof cause?.code === 'string' ? cause.code : String(error)
    return err(`${url} cannot be reached (${why})`)
  }
}
