/*
 * Whether a service answers with a key: its list of models, and a token of each model that it is wanted for. What it says is
 * read and thrown away; only what was seen is told, because services repeat keys in their errors.
 */
import { lentKeyProbeBytesMax, lentKeyProbeTimeoutMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { askContributor } from './ask-contributor.ts'
import type { UpstreamPools } from './upstream-pools.ts'

export type ProbedService = {
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  readonly isGuarded: boolean
  readonly authorization: string | undefined
  /** As the service knows them. */
  readonly models: readonly string[]
}

type Asking = {
  readonly pools: UpstreamPools
  readonly service: ProbedService
  /** By when all of it must be over. */
  readonly untilMs: number
}

/** The error is one line for a person: what was asked, and what came. */
export async function probeContributor(
  pools: UpstreamPools,
  service: ProbedService,
): Promise<Result<void, string>> {
  const untilMs = performance.now() + lentKeyProbeTimeoutMs
  const asking = { pools: pools.unshared(), service, untilMs }
  try {
    const fault = await faultOf(asking)
    return fault === undefined ? ok(undefined) : err(fault)
  } finally {
    await asking.pools.close()
  }
}

async function faultOf(asking: Asking): Promise<string | undefined> {
  const listed = await ask(asking, '/models')
  if (listed === undefined) return unreachable
  if (listed.status !== 200) return `GET /models was answered with status ${listed.status}`
  if (!hasList(listed.json, 'data')) return 'GET /models was not answered with a list'
  const faults = await Promise.all(
    asking.service.models.map((model) => faultOfModel(asking, model)),
  )
  return faults.find((fault) => fault !== undefined)
}

/** One sentence for all of it: whether a name exists inside somebody's network is not told. */
const unreachable = `it could not be reached at a public address, or did not answer within ${lentKeyProbeTimeoutMs / 1000} s`

async function faultOfModel(asking: Asking, model: string): Promise<string | undefined> {
  const messages = [{ role: 'user', content: 'Hi' }]
  const path = '/chat/completions'
  const short = await ask(asking, path, { model, messages, max_tokens: 1 })
  // Models that reason refuse `max_tokens`, and spend some before the first token that they show.
  const answer =
    short?.status === 400
      ? await ask(asking, path, { model, messages, max_completion_tokens: 16 })
      : short
  if (answer === undefined) return unreachable
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

type Answer = { readonly status: number; readonly json?: unknown }

/** Follows no redirect: a service that sends us elsewhere has not answered. Undefined where nothing came in time. */
async function ask(
  { pools, service, untilMs }: Asking,
  path: string,
  body?: object,
): Promise<Answer | undefined> {
  const answer = await askContributor(pools, service, {
    path,
    ...(body !== undefined && { json: JSON.stringify(body) }),
    bytesMax: lentKeyProbeBytesMax,
    timeoutMs: Math.max(1, untilMs - performance.now()),
  })
  if (answer.ok) return { status: 200, json: jsonIn(answer.value) }
  const { error } = answer
  if (error.kind === 'no_answer') return undefined
  return { status: error.kind === 'refused' ? error.status : 200 }
}

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
