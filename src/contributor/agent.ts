/*
 * What stands between a gateway and any engine that speaks the OpenAI API: takes the gateway's jobs, has the engine answer
 * them, passes its bytes through and signs what was delivered. A tunnel and a listener use it alike.
 *
 *   SERVING --drain--> DRAINING: what was taken is finished, nothing new is
 */
import { InvariantViolation } from '../base/assert.ts'
import { upstreamConnectTimeoutMs, upstreamWholeAnswerTimeoutMs } from '../base/limits.ts'
import { type CapacityReport, writeCapacityReport } from '../domain/capacity-report.ts'
import { UpstreamPools } from '../upstream/upstream-pools.ts'
import { engineFirstByteTimeoutMs, engineIdleTimeoutMs } from './agent-limits.ts'
import { type AgentParts, loadOf } from './agent-parts.ts'
import type { AgentReply, AgentRequest, Answerer } from './agent-request.ts'
import { AgentSlots } from './agent-slots.ts'
import { AgentSpeed } from './agent-speed.ts'
import type { AgentLoad, AgentModel, AgentTerms } from './agent-terms.ts'
import { answerJob } from './answer-job.ts'
import type { SignedEndpoint } from './asked-answer.ts'
import { openingPrefix, readAskedOpening } from './asked-opening.ts'
import { AskedPrices } from './asked-prices.ts'
import { EngineLoad } from './engine-load.ts'
import { inferencePrefix } from './inference-path.ts'
import {
  internalError,
  methodNotAllowed,
  modelNotFound,
  type OpenAiRefusal,
  openingNotKept,
  unknownUrl,
} from './openai-refusal.ts'
import { replyJson, replyRefusal } from './reply-json.ts'
import type { JobOutcome } from './running-job.ts'

export type Agent = Answerer & {
  readonly load: () => AgentLoad
  /** Takes nothing new from now on. Resolves when what was taken has ended. */
  readonly drain: () => Promise<void>
  /** Ends the connections to the engine, and what still runs over them. */
  readonly close: () => Promise<void>
}

const modelPrefix = '/v1/models/'
const endpointsByPath: ReadonlyMap<string, SignedEndpoint> = new Map([
  ['/v1/chat/completions', 'chat/completions'],
  ['/v1/completions', 'completions'],
  ['/v1/embeddings', 'embeddings'],
])
const endpointAt = (path: string): SignedEndpoint | undefined =>
  path.startsWith(inferencePrefix) ? 'inference' : endpointsByPath.get(path)
const questions = ['/health', '/v1/models', '/v1/vouch/capacity']

/**
 * POST /v1/chat/completions, /v1/completions, /v1/embeddings and /v1/inference/{model}, each of them a job; GET /v1/models,
 * /v1/models/{id}, /v1/vouch/capacity, /v1/vouch/openings/{jobId} and /health. Who may ask is for whoever hands the requests over to know.
 */
export function openAgent(terms: AgentTerms): Agent {
  const parts: AgentParts = {
    terms,
    slots: new AgentSlots(terms.slots),
    pools: new UpstreamPools(timeoutsOf(terms)),
    asked: new AskedPrices(),
    speed: new AgentSpeed(),
    engineLoad: new EngineLoad(terms.engine, terms.nowMs),
  }
  return {
    load: () => parts.slots.load,
    drain: () => parts.slots.drain(),
    close: () => parts.pools.close(),
    answer: (request, reply) => {
      const path = request.path.split('?', 1)[0] ?? '/'
      const endpoint = endpointAt(path)
      const refused = refusalOf(request.method, path, endpoint)
      if (refused !== undefined) replyRefusal(reply, refused)
      else if (endpoint !== undefined) void serveJob(parts, { endpoint, request }, reply)
      else if (path.startsWith(openingPrefix)) void answerOpening(parts, request, reply)
      else void answerQuestion(parts, path, reply)
    },
  }
}

const timeoutsOf = ({ engine }: AgentTerms) => ({
  connectMs: upstreamConnectTimeoutMs,
  firstByteMs: engineFirstByteTimeoutMs,
  wholeAnswerMs: upstreamWholeAnswerTimeoutMs,
  idleMs: engineIdleTimeoutMs,
  ...engine.timeouts,
})

function refusalOf(
  method: string,
  path: string,
  endpoint: SignedEndpoint | undefined,
): OpenAiRefusal | undefined {
  const isQuestion =
    questions.includes(path) || path.startsWith(modelPrefix) || path.startsWith(openingPrefix)
  if (endpoint === undefined && !isQuestion) return unknownUrl({ method, path })
  const allowed = isQuestion ? 'GET' : 'POST'
  return method === allowed ? undefined : methodNotAllowed({ method, path, allowed })
}

/** Never rejects. */
async function serveJob(
  parts: AgentParts,
  asked: { readonly endpoint: SignedEndpoint; readonly request: AgentRequest },
  reply: AgentReply,
): Promise<void> {
  const { nowMs, onJobEnd } = parts.terms
  const startedAtMs = nowMs()
  let outcome: JobOutcome
  try {
    outcome = await answerJob(parts, asked, reply)
  } catch (error) {
    // A message of a foreign error may quote what it was given, and that is a prompt.
    const code = error instanceof InvariantViolation ? error.message : internalError.code
    outcome = { outcome: 'failed', code }
    reply.fail()
  }
  const { endpoint } = asked
  onJobEnd({ ...outcome, endpoint, durationMs: nowMs() - startedAtMs })
}

async function answerQuestion(parts: AgentParts, path: string, reply: AgentReply): Promise<void> {
  if (path.startsWith(modelPrefix)) replyModel(parts, path, reply)
  else replyJson(reply, { status: 200, body: await answerTo(parts, path) })
}

/** What opens a commitment that was signed here, for the gateway that it was signed for. */
async function answerOpening(
  { terms }: AgentParts,
  { path, headers }: AgentRequest,
  reply: AgentReply,
): Promise<void> {
  const job = readAskedOpening(path.split('?', 1)[0] ?? '', headers)
  // An earlier gateway's are in the same folder.
  const isTheirs = job !== undefined && job.gateway === terms.gateway
  const body = isTheirs ? await terms.openings?.of(job) : undefined
  if (body === undefined) replyRefusal(reply, openingNotKept)
  else replyJson(reply, { status: 200, body })
}

async function answerTo(parts: AgentParts, path: string): Promise<string> {
  if (path === '/health') return JSON.stringify(healthOf(parts))
  if (path !== '/v1/models') return writeCapacityReport(await reportOf(parts))
  return JSON.stringify({ object: 'list', data: parts.terms.models.map(modelObject) })
}

function replyModel({ terms }: AgentParts, path: string, reply: AgentReply): void {
  const id = decodedOr(path.slice(modelPrefix.length))
  const model = terms.models.find((one) => one.id === id)
  if (model === undefined) replyRefusal(reply, modelNotFound(id))
  else replyJson(reply, { status: 200, body: JSON.stringify(modelObject(model)) })
}

const modelObject = ({ id }: AgentModel) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: 'vouch',
})

function healthOf({ slots, terms }: AgentParts): object {
  const isWritable = terms.jobs.isWritable ? 'ok' : 'jobs_not_kept'
  return { status: slots.isDraining ? 'draining' : isWritable, ...slots.load }
}

async function reportOf(parts: AgentParts): Promise<CapacityReport> {
  const { terms, slots, speed, asked, engineLoad } = parts
  const [gpus = []] = await Promise.all([terms.readGpus?.(), engineLoad.look(slots.load.running)])
  const load = loadOf(parts)
  const nowMs = terms.nowMs()
  const contexts = terms.models.flatMap(({ contextTokensMax }) => contextTokensMax ?? [])
  return {
    ...load,
    slots: terms.jobs.isWritable ? load.slots : 0,
    tokensPerSecond: speed.tokensPerSecond,
    contextTokensMax: contexts.length === 0 ? undefined : Math.max(...contexts),
    region: terms.region,
    gpus,
    draining: slots.isDraining,
    models: terms.models.map((model) => ({
      id: model.id,
      prices: asked.ask(model, load, nowMs),
    })),
  }
}

function decodedOr(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
