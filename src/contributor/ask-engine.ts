/*
 * One question to a server that may be an engine, or anything else that listens where engines do: bounded in time and size,
 * without redirects, and answered by what it says in JSON or by nothing.
 */
import { engineAnswerBytesMax } from './find-engine-limits.ts'

export type EngineAnswer = {
  readonly status: number
  /** Undefined where the body is no JSON. */
  readonly json: unknown
}

export type EngineQuestion = {
  /** Such as `http://127.0.0.1:8000`. */
  readonly origin: string
  readonly path: string
  /** Of an engine that wants one; shown as a bearer token. */
  readonly apiKey: string | undefined
  /** Sent as JSON by POST; a question without it is a GET. */
  readonly body?: object
  readonly timeLimitMs: number
}

/** Undefined where nobody answered in time, or with more than an engine would say. */
export async function askEngine(question: EngineQuestion): Promise<EngineAnswer | undefined> {
  const { origin, path, apiKey, body, timeLimitMs } = question
  try {
    const response = await fetch(origin + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeLimitMs),
    })
    return { status: response.status, json: await readJson(response) }
  } catch {
    return undefined
  }
}

async function readJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > engineAnswerBytesMax) throw new Error('more than an engine says')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return undefined
  }
}

/** What stands behind the names in `json`, one inside the other; undefined where one is missing. */
export function memberOf(json: unknown, ...names: readonly (string | number)[]): unknown {
  let value = json
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[name]
  }
  return value
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** A number of tokens, slots or the like. */
export const countOf = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
