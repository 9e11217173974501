import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import type { Refusal } from '../domain/refusal.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import {
  listVerdicts,
  reportVerdict,
  retrieveAuditBatch,
  retrieveAuditSamples,
  retrieveAuditTerms,
} from './audits/audits.ts'
import { authorizationOf } from './authorization.ts'
import {
  acceptVoucher,
  grantKey,
  listKeys,
  listReceipts,
  makeDeposit,
  refund,
  retrieveChannel,
  retrieveDeposit,
  retrieveTerms,
  revokeKey,
} from './billing/billing.ts'
import { retrieveKeyStatus } from './billing/key-status.ts'
import { retrieveReceipt } from './billing/receipts.ts'
import { retrieveRequestUsage } from './billing/request-usage.ts'
import { answerLookup, lookupPath } from './ccip/lookups.ts'
import { retrieveVoucher, showVoucher } from './contributors/contributors.ts'
import {
  joinPool,
  leavePool,
  retrieveJoiningTerms,
  retrieveMember,
} from './contributors/joining.ts'
import {
  lendKey,
  listLentKeys,
  retrieveLendingTerms,
  retrieveLentKey,
  withdrawLentKey,
} from './contributors/lent-keys.ts'
import type { Entrance } from './entrance.ts'
import { countersignReceipt } from './evidence/countersignature.ts'
import { evidenceRoutes } from './evidence/evidence-routes.ts'
import type { HttpContext, HttpEnv } from './http-context.ts'
import { inferenceOf } from './inference/inference.ts'
import { cancelProof, retrieveProof } from './inference/proofs.ts'
import { giveJobInput, quoteContractJob, retrieveJob } from './jobs/jobs.ts'
import { listModels, retrieveModel } from './models.ts'
import { retrieveOpenApi } from './openapi/openapi.ts'
import {
  addContributor,
  approveContributor,
  changeContributor,
  drainContributor,
  listAdminModels,
  listContributors,
  readmitContributor,
  reloadConfig,
  removeContributor,
  retrieveConfig,
  retrieveContributor,
} from './operator/admin.ts'
import { listContractJobs, retrieveContractJob, retryContractJob } from './operator/admin-jobs.ts'
import { limitRoutes } from './operator/admin-limits.ts'
import { retrieveMetrics } from './operator/metrics.ts'
import { retrieveDeployment, uploadModel } from './operator/model-upload.ts'
import { paymentTerms } from './paid-inference.ts'
import { sendError, sendJson } from './raw-response.ts'
import type { Route, RouteCall } from './route-call.ts'
import { type InferenceTerms, serveInference } from './serve-inference.ts'
import type { Surface } from './surface.ts'
import { surfaces } from './surfaces.ts'
import { transparencyRoutes } from './transparency/transparency.ts'
import { unknownRoute } from './unknown-route.ts'

/** The route table, one line a route. Handlers write to Node's raw response, which hono is then told. */
export function createApp(terms: InferenceTerms): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const { door, entrance } = terms
  const contributors = (serve: typeof retrieveVoucher) => raw((c) => serve(door, c.env))

  for (const surface of surfaces) {
    app.post(surface.path, (context) => {
      // Not awaited: hono is done with this request; the conductor answers on the raw response.
      void serveInference(surface, terms, context.env)
      return RESPONSE_ALREADY_SENT
    })
    app.get(
      surface.path,
      raw((c) => paymentTerms(surface, door, c.env)),
    )
  }
  const inferenceAt = (context: HttpContext): Surface =>
    inferenceOf(door.models, context.req.param('id') ?? '')
  app.post('/v1/inference/:id{.+}', (context) => {
    void serveInference(inferenceAt(context), terms, context.env)
    return RESPONSE_ALREADY_SENT
  })
  app.get(
    '/v1/inference/:id{.+}',
    raw((c) => paymentTerms(inferenceAt(c), door, c.env)),
  )
  app.get(
    '/v1/models',
    raw((c) => unlessKeyIsWrong(door, entrance, c, () => listModels(door, c.env.outgoing))),
  )
  app.get(
    '/v1/models/:id{.+}',
    raw((c) =>
      unlessKeyIsWrong(door, entrance, c, () =>
        retrieveModel(door, c.env.outgoing, c.req.param('id') ?? ''),
      ),
    ),
  )
  const served = routesOf(terms)
  app.get('/v1/receipts/:id', served(retrieveReceipt))
  app.post('/v1/receipts/:id/countersignature', served(countersignReceipt))
  app.get('/v1/usage/requests/:id', served(retrieveRequestUsage))
  app.get('/v1/proofs/:id', served(retrieveProof))
  app.delete('/v1/proofs/:id', served(cancelProof))
  for (const [path, route] of evidenceRoutes) app.get(path, served(route))
  for (const [path, route] of transparencyRoutes) app.get(path, served(route))
  addContracts(app, terms)
  addBilling(app, terms)
  addLending(app, served)
  addJoining(app, served)
  addAudits(app, served)
  addAdmin(app, served)
  app.get('/v1/contributors/me/voucher', contributors(retrieveVoucher))
  app.post('/v1/contributors/me/voucher', contributors(showVoucher))
  app.get(
    '/openapi.json',
    raw((c) => retrieveOpenApi(c.env.outgoing)),
  )
  app.get(
    '/health/live',
    raw((c) => sendJson(c.env.outgoing, { status: 'live' })),
  )
  app.get(
    '/health/ready',
    raw((c) => ready(door, c)),
  )

  app.notFound(async (context) =>
    refuse(context as HttpContext, unknownRoute(app, context as HttpContext)),
  )
  app.onError(async (error, context) => {
    door.failed('route', error)
    return refuse(context as HttpContext, { reason: 'internal_error' })
  })
  return app
}

const raw =
  (serve: (context: HttpContext) => Promise<void> | void) => async (context: HttpContext) => {
    await serve(context)
    return RESPONSE_ALREADY_SENT
  }

type Served = (route: Route) => (context: HttpContext) => Promise<Response>

/** Routes of ours, each called with the request that came to it. */
const routesOf =
  (terms: InferenceTerms): Served =>
  (route) =>
    raw((c) => route(callOf(terms, c)))

const callOf = ({ door, entrance }: InferenceTerms, context: HttpContext): RouteCall => ({
  door,
  entrance,
  ...context.env,
  id: context.req.param('id') ?? '',
})

/** What contracts ask, or somebody for them. */
function addContracts(app: Hono<HttpEnv>, terms: InferenceTerms): void {
  const lookup = raw((c) =>
    answerLookup(terms.door, c.env, { sender: c.req.param('sender'), data: c.req.param('data') }),
  )
  app.on(['GET', 'POST'], `${lookupPath}/:sender/:data`, lookup)
  app.post(lookupPath, lookup)
  app.post(`${lookupPath}/:sender`, lookup)
  app.get(
    '/v1/jobs/quote',
    raw((c) => quoteContractJob(terms.door, c.env, c.req.query())),
  )
  app.get('/v1/jobs/:id', routesOf(terms)(retrieveJob))
  app.post('/v1/jobs/:id/input', routesOf(terms)(giveJobInput))
}

/** What the owner of a channel asks and orders, and the holder of one of its keys. */
function addBilling(app: Hono<HttpEnv>, terms: InferenceTerms): void {
  const billing = routesOf(terms)
  app.get('/v1/key', billing(retrieveKeyStatus))
  app.get('/v1/billing/terms', billing(retrieveTerms))
  app.get('/v1/billing/channel', billing(retrieveChannel))
  app.post('/v1/billing/deposits', billing(makeDeposit))
  app.get('/v1/billing/deposits/:id', billing(retrieveDeposit))
  app.post('/v1/billing/vouchers', billing(acceptVoucher))
  app.get('/v1/billing/keys', billing(listKeys))
  app.post('/v1/billing/keys', billing(grantKey))
  app.post('/v1/billing/keys/revoke', billing(revokeKey))
  app.get(
    '/v1/billing/receipts',
    raw((c) =>
      listReceipts(callOf(terms, c), { after: c.req.query('after'), limit: c.req.query('limit') }),
    ),
  )
  app.post('/v1/billing/refund', billing(refund))
}

/** What lenders of keys ask and order. */
function addLending(app: Hono<HttpEnv>, lending: Served): void {
  app.get('/v1/contributors/terms', lending(retrieveLendingTerms))
  app.get('/v1/contributors/keys', lending(listLentKeys))
  app.post('/v1/contributors/keys', lending(lendKey))
  app.get('/v1/contributors/keys/:id', lending(retrieveLentKey))
  app.delete('/v1/contributors/keys/:id', lending(withdrawLentKey))
}

/** What contributors ask and order that join by themselves. */
function addJoining(app: Hono<HttpEnv>, joining: Served): void {
  app.get('/v1/contributors/joining', joining(retrieveJoiningTerms))
  app.post('/v1/contributors', joining(joinPool))
  app.get('/v1/contributors/me', joining(retrieveMember))
  app.delete('/v1/contributors/me', joining(leavePool))
}

/** What auditors ask and report. */
function addAudits(app: Hono<HttpEnv>, audits: Served): void {
  app.get('/v1/audits/terms', audits(retrieveAuditTerms))
  app.get('/v1/audits/batches/:id', audits(retrieveAuditBatch))
  app.get('/v1/audits/batches/:id/samples', audits(retrieveAuditSamples))
  app.post('/v1/audits/verdicts', audits(reportVerdict))
  app.get('/v1/audits/verdicts', audits(listVerdicts))
}

/** What the operator asks and orders; where no token is configured, these answer as if they were not there. */
function addAdmin(app: Hono<HttpEnv>, admin: Served): void {
  app.get('/admin/v1/contributors', admin(listContributors))
  app.post('/admin/v1/contributors', admin(addContributor))
  app.get('/admin/v1/contributors/:id', admin(retrieveContributor))
  app.patch('/admin/v1/contributors/:id', admin(changeContributor))
  app.delete('/admin/v1/contributors/:id', admin(removeContributor))
  app.post('/admin/v1/contributors/:id/drain', admin(drainContributor))
  app.post('/admin/v1/contributors/:id/readmit', admin(readmitContributor))
  app.post('/admin/v1/contributors/:id/approve', admin(approveContributor))
  for (const [path, kind] of [
    ['/admin/v1/keys/:id/limits', 'key'],
    ['/admin/v1/accounts/:id/limits', 'account'],
  ] as const) {
    const { show, put, remove } = limitRoutes(kind)
    app.get(path, admin(show))
    app.put(path, admin(put))
    app.delete(path, admin(remove))
  }
  app.get('/admin/v1/jobs', admin(listContractJobs))
  app.get('/admin/v1/jobs/:id', admin(retrieveContractJob))
  app.post('/admin/v1/jobs/:id/retry', admin(retryContractJob))
  app.get('/admin/v1/models', admin(listAdminModels))
  app.post('/v1/models', admin(uploadModel))
  app.get('/admin/v1/deployments/:id', admin(retrieveDeployment))
  app.get('/admin/v1/config', admin(retrieveConfig))
  app.post('/admin/v1/reload', admin(reloadConfig))
  app.get('/metrics', admin(retrieveMetrics))
}

/**
 * The model list is for everybody, as the prices are: RedPill's verifier reads it without a key. Whoever sends a key learns
 * here whether it is a good one, as SDKs try theirs.
 */
async function unlessKeyIsWrong(
  door: GatewayDoor,
  entrance: Entrance,
  { env }: HttpContext,
  serve: () => void,
): Promise<void> {
  if (authorizationOf(env.incoming) === undefined) return serve()
  const payer = await entrance.enter(env.incoming, door.authenticate)
  if (payer.ok) serve()
  else sendError(env.outgoing, payer.error)
}

function ready(door: GatewayDoor, context: HttpContext): void {
  const readiness = door.readiness()
  if (readiness.ok) sendJson(context.env.outgoing, { status: 'ready' })
  else sendError(context.env.outgoing, readiness.error)
}

function refuse(context: HttpContext, refusal: Refusal): Response {
  sendError(context.env.outgoing, refusal)
  return RESPONSE_ALREADY_SENT
}
