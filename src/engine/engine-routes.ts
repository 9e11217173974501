import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { requestBodyBytesMax } from '../base/limits.ts'
import { openingPrefix, readAskedOpening } from '../contributor/asked-opening.ts'
import {
  askedByPage,
  methodNotAllowed,
  modelNotFound,
  type OpenAiRefusal,
  openingNotKept,
  requestTooLarge,
  shuttingDown,
  unknownUrl,
  wrongSecret,
} from '../contributor/openai-refusal.ts'
import { readBody } from '../contributor/read-body.ts'
import { sendJson, sendRefusal } from '../contributor/send-json.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { chatApi, completionsApi } from './answer-apis.ts'
import { answerRequest } from './answer-request.ts'
import { planTensor } from './answer-tensor.ts'
import { planVectors } from './answer-vectors.ts'
import { modelObject } from './chat-completions.ts'
import type { Engine } from './engine.ts'
import { planText } from './plan-text.ts'
import type { PlanAnswer, RequestOutcome } from './planned-answer.ts'

export type RequestEnd = RequestOutcome & { readonly durationMs: number }

/** What the routes need of the server around them. */
export type Serving = {
  readonly engine: Engine
  readonly isAuthorized: (authorization: string | undefined) => boolean
  /** A web page that somebody opened on this machine: nothing is computed for it. */
  readonly isForeign: (headers: IncomingHttpHeaders) => boolean
  readonly isStopping: () => boolean
  readonly onRequestEnd: (ended: RequestEnd) => void
}

export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** What is answered by the model. */
const plans: { readonly [path: string]: PlanAnswer } = {
  '/v1/chat/completions': planText(chatApi),
  '/v1/completions': planText(completionsApi),
  '/v1/embeddings': planVectors,
}

type RouteName = 'answers' | 'models' | 'model' | 'opening' | 'health'

const methods: { readonly [name in RouteName]: 'GET' | 'POST' } = {
  answers: 'POST',
  models: 'GET',
  model: 'GET',
  opening: 'GET',
  health: 'GET',
}
const modelPrefix = '/v1/models/'
const inferencePrefix = '/v1/inference/'

/**
 * Answers one request: POST /v1/chat/completions, POST /v1/completions, POST /v1/embeddings,
 * POST /v1/inference/{model}, GET /v1/models, GET /v1/models/{id}, GET /v1/vouch/openings/{jobId}, GET /health.
 */
export function route(serving: Serving, exchange: Exchange): void {
  const { request, response } = exchange
  // A write to a connection that just went away is reported here; `close` tells whoever needs to
  // know.
  response.on('error', () => {})
  const path = request.url?.split('?', 1)[0] ?? '/'
  const name = routeName(path)
  const plan = planAt(serving.engine, path)
  const refused = refusalBeforeRoute(serving, { request, path, name })
  if (refused !== undefined) refuseUnread(response, refused)
  else if (plan !== undefined) void serveAnswer(serving, plan, exchange)
  else if (name === 'answers') refuseUnread(response, modelNotFound(inferenceModelOf(path)))
  else if (name === 'health') sendHealth(serving, response)
  else if (name === 'opening') sendOpening(serving.engine, exchange, path)
  else sendModels(serving.engine, { path, response })
}

/** Undefined where the path asks nothing of a model that is here. */
function planAt({ provable }: Engine, path: string): PlanAnswer | undefined {
  if (!path.startsWith(inferencePrefix)) return plans[path]
  const model = provable.get(inferenceModelOf(path))
  return model && planTensor(model)
}

const inferenceModelOf = (path: string): string => decodedOr(path.slice(inferencePrefix.length))

function routeName(path: string): RouteName | undefined {
  if (Object.hasOwn(plans, path) || path.startsWith(inferencePrefix)) return 'answers'
  if (path === '/v1/models') return 'models'
  if (path.startsWith(modelPrefix)) return 'model'
  if (path.startsWith(openingPrefix)) return 'opening'
  return path === '/health' ? 'health' : undefined
}

/**
 * What can be refused without reading the body. Health answers everyone, also while the engine
 * stops.
 */
function refusalBeforeRoute(
  serving: Serving,
  asked: {
    readonly request: IncomingMessage
    readonly path: string
    readonly name: RouteName | undefined
  },
): OpenAiRefusal | undefined {
  const { request, path, name } = asked
  const { method = 'GET' } = request
  if (name === undefined) return unknownUrl({ method, path })
  const allowed = methods[name]
  if (method !== allowed) return methodNotAllowed({ method, path, allowed })
  if (serving.isForeign(request.headers)) return askedByPage
  if (name === 'health') return undefined
  if (serving.isStopping()) return shuttingDown
  return serving.isAuthorized(request.headers.authorization) ? undefined : wrongSecret
}

async function serveAnswer(
  serving: Serving,
  plan: PlanAnswer,
  { request, response }: Exchange,
): Promise<void> {
  const { engine, onRequestEnd } = serving
  const startedAtMs = engine.nowMs()
  const body = await readBody(request, requestBodyBytesMax)
  const outcome = body.ok
    ? await answerRequest(engine, { plan, headers: request.headers, body: body.value }, response)
    : refuseBody(response, body.error)
  onRequestEnd({ ...outcome, durationMs: engine.nowMs() - startedAtMs })
}

function refuseBody(response: ServerResponse, fault: 'too_large' | 'client_gone'): RequestOutcome {
  if (fault === 'client_gone') return { outcome: 'client_gone' }
  const refusal = requestTooLarge(requestBodyBytesMax)
  refuseUnread(response, refusal)
  return { outcome: 'refused', code: refusal.code }
}

/**
 * A refusal that leaves a body unread ends the connection: the next request on it could not be told
 * from the body.
 */
function refuseUnread(response: ServerResponse, refusal: OpenAiRefusal): void {
  sendRefusal(response, refusal, { connection: 'close' })
}

function sendModels(
  { model, provable, loadedAtS }: Engine,
  asked: { readonly path: string; readonly response: ServerResponse },
): void {
  const { path, response } = asked
  const data = [model.name, ...provable.keys()].map((name) =>
    modelObject({ name, created: loadedAtS }),
  )
  if (!path.startsWith(modelPrefix)) {
    sendJson(response, { status: 200, body: JSON.stringify({ object: 'list', data }) })
    return
  }
  const name = decodedOr(path.slice(modelPrefix.length))
  const object = data.find(({ id }) => id === name)
  if (object === undefined) sendRefusal(response, modelNotFound(name))
  else sendJson(response, { status: 200, body: JSON.stringify(object) })
}

/** What opens a commitment that this engine signed, for the gateway that it was signed for. */
function sendOpening(engine: Engine, { request, response }: Exchange, path: string): void {
  const job = readAskedOpening(path, request.headers)
  const body = job && engine.keptTokens.of(job)
  if (body === undefined) sendRefusal(response, openingNotKept)
  else sendJson(response, { status: 200, body })
}

/** Says whether the engine serves and how busy it is, and nothing of who asks what. */
function sendHealth({ engine, isStopping }: Serving, response: ServerResponse): void {
  const { model, turns, batchRowsMax } = engine
  const [status, state] = isStopping() ? [503, 'stopping'] : [200, 'ok']
  const body = {
    status: state,
    model: model.name,
    modelId: model.modelId,
    contextTokensMax: model.config.contextTokensMax,
    endpoints: endpointsOf(engine),
    batchRows: batchRowsMax,
    ...turns.counts(),
  }
  sendJson(response, { status, body: JSON.stringify(body) })
}

const endpointsOf = ({ model, provable }: Engine): readonly Endpoint[] => [
  'chat/completions',
  'completions',
  ...(model.embedding === undefined ? [] : (['embeddings'] as const)),
  ...(provable.size === 0 ? [] : (['inference'] as const)),
]

function decodedOr(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
