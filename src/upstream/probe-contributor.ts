/*
 * Whether a service answers with a key: its list of models, and a token of each model that it is wanted for. What it says is
 * read and thrown away; only what was seen is told, because services repeat keys in their errors.
 */
import type { Pool } from 'undici'
import { lentKeyProbeBytesMax, lentKeyProbeTimeoutMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { isGuardedHost } from './guarded-lookup.ts'
import type { UpstreamPools } from './upstream-pools.ts'

export type ProbedService = {
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  readonly isGuarded: boolean
  readonly authorization: string | undefined
  /** As the service knows them. */
  readonly models: readonly string[]
}

type Answer = { readonly status: number; readonly json: unknown }
type Asking = {
  readonly pool: Pool
  readonly service: ProbedService
  readonly signal: AbortSignal
}

/** The error is one line for a person: what was asked, and what came. */
export async function probeContributor(
  pools: UpstreamPools,
  service: ProbedService,
): Promise<Result<void, string>> {
  const url = new URL(service.baseUrl)
  if (service.isGuarded && !isGuardedHost(url.hostname)) return err(unreachable)
  const pool = pools.unshared(url, service.isGuarded)
  const asking = { pool, service, signal: AbortSignal.timeout(lentKeyProbeTimeoutMs) }
  try {
    const listed = await ask(asking, 'GET', '/models')
    if (listed.status !== 200) return err(`GET /models was answered with status ${listed.status}`)
    if (!hasList(listed.json, 'data')) return err('GET /models was not answered with a list')
    const faults = await Promise.all(service.models.map((model) => faultOfModel(asking, model)))
    const fault = faults.find((one) => one !== undefined)
    return fault === undefined ? ok(undefined) : err(fault)
  } catch {
    return err(unreachable)
  } finally {
    await pool.destroy()
  }
}

/** One sentence for all of it: whether a name exists inside somebody's network is not told. */
const unreachable = `it could not be reached at a public address, or did not answer within ${lentKeyProbeTimeoutMs / 1000} s`

async function faultOfModel(asking: Asking, model: string): Promise<string | undefined> {
  const messages = [{ role: 'user', content: 'Hi' }]
  const short = await ask(asking, 'POST', '/chat/completions', { model, messages, max_tokens: 1 })
  // Models that reason refuse `max_tokens`, and spend some before the first token that they show.
  const answer =
    short.status === 400
      ? await ask(asking, 'POST', '/chat/completions', {
          model,
          messages,
          max_completion_tokens: 16,
        })
      : short
  if (answer.status !== 200) {
    return `a request for '${model}' was answered with status ${answer.status}`
  }
  return hasList(answer.json, 'choices')
    ? undefined
    : `a request for '${model}' was not answered as OpenAI does`
}

const hasList = (json: unknown, member: string): boolean =>
  typeof json === 'object' &&
  json !== null &&
  Array.isArray((json as Readonly<Record<string, unknown>>)[member])

/** Follows no redirect: a service that sends us elsewhere has not answered. */
async function ask(
  { pool, service, signal }: Asking,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<Answer> {
  const { authorization } = service
  const answer = await pool.request({
    method,
    path: `${new URL(service.baseUrl).pathname}${path}`,
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal,
  })
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > lentKeyProbeBytesMax) {
      answer.body.destroy()
      return { status: answer.statusCode, json: undefined }
    }
    chunks.push(chunk)
  }
  return { status: answer.statusCode, json: jsonIn(Buffer.concat(chunks)) }
}

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
