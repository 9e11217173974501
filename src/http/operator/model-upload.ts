/* Models that the operator uploads (docs/models.md): `POST /v1/models` and how far a deployment is. */
import type { ServerResponse } from 'node:http'
import { err, ok, type Result } from '../../base/result.ts'
import { isModelName, isVersion } from '../../domain/model-name.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type {
  ModelDeployment,
  ModelDeployments,
  ModelUpload,
} from '../../gateway/model-deployments.ts'
import { readForm } from '../multipart-form.ts'
import { sendError, sendJson } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'
import { type AdminRoute, enterAdmin } from './admin.ts'

/** A model of 8 MiB, its sample, and what a form adds to them. */
const uploadBytesMax: number = 13 * 1024 * 1024

/** `POST /v1/models`: multipart/form-data with the files `file` and `sample`, and the texts `name`, `prove` and `version`. */
export const uploadModel: AdminRoute = async (call) => {
  const deployments = await enterDeployments(call)
  const body = deployments.ok ? await readBody(call.incoming, uploadBytesMax) : deployments
  const upload = body.ok ? readUpload(body.value, call) : body
  const begun = begin(deployments, upload)
  if (begun.ok) accept(call.outgoing, begun.value)
  else sendError(call.outgoing, begun.error)
}

function begin(
  deployments: Result<ModelDeployments, Refusal>,
  upload: Result<ModelUpload, Refusal>,
): Result<ModelDeployment, Refusal> {
  if (!deployments.ok) return deployments
  return upload.ok ? deployments.value.begin(upload.value) : upload
}

/** What it takes is still to be done: where to ask is in the answer. */
function accept(outgoing: ServerResponse, deployment: ModelDeployment): void {
  const body = Buffer.from(JSON.stringify(deploymentObject(deployment)))
  outgoing.writeHead(202, {
    'content-type': 'application/json',
    'content-length': body.length,
    location: `/admin/v1/deployments/${deployment.id}`,
  })
  outgoing.end(body)
}

/** `GET /admin/v1/deployments/{id}` */
export const retrieveDeployment: AdminRoute = async (call) => {
  const deployments = await enterDeployments(call)
  const found = deployments.ok ? deployments.value.find(call.id) : deployments
  if (found.ok) sendJson(call.outgoing, deploymentObject(found.value))
  else sendError(call.outgoing, found.error)
}

async function enterDeployments(call: RouteCall): Promise<Result<ModelDeployments, Refusal>> {
  const entered = await enterAdmin(call)
  if (!entered.ok) return entered
  const { deployments } = call.door
  return deployments === undefined ? err({ reason: 'deployments_off' }) : ok(deployments)
}

function readUpload(body: Buffer, { incoming }: RouteCall): Result<ModelUpload, Refusal> {
  const form = readForm(body, incoming.headers['content-type'])
  if (!form.ok) return form
  const parts = new Map(
    form.value.parts.map(({ name, start, end }) => [name, body.subarray(start, end)] as const),
  )
  const text = (name: string): string | undefined => parts.get(name)?.toString('utf8')
  const [onnx, sample, name] = [parts.get('file'), parts.get('sample'), text('name')]
  for (const [param, given] of Object.entries({ file: onnx, sample, name })) {
    if (given === undefined) return err({ reason: 'missing_required_parameter', param })
  }
  const known = ['circom', 'noir', 'ezkl', 'auto']
  const prove = text('prove') ?? 'auto'
  if (!known.includes(prove)) {
    return err({ reason: 'invalid_value', param: 'prove', expected: known.join(', ') })
  }
  if (!isModelName(name ?? '')) {
    const expected = 'up to 64 characters a-z 0-9 . _ -'
    return err({ reason: 'invalid_value', param: 'name', expected })
  }
  const version = text('version')
  if (version !== undefined && !isVersion(version)) {
    const expected = "up to 32 letters, digits, '.', '_' and '-'"
    return err({ reason: 'invalid_value', param: 'version', expected })
  }
  const files = { onnx: onnx ?? Buffer.alloc(0), sample: sample ?? Buffer.alloc(0) }
  return ok({ name: name ?? '', prove, version, ...files })
}

const deploymentObject = (deployment: ModelDeployment) => ({
  id: deployment.id,
  object: 'vouch.model_deployment_job',
  created: Math.floor(deployment.startedAtMs / 1000),
  name: deployment.name,
  status: deployment.status,
  progress: deployment.progress,
  result: deployment.result ?? null,
  error: deployment.error ?? null,
})
