import { sendError } from '../raw-response.ts'
import { type AdminRoute, enterAdmin } from './admin.ts'

/** `GET /metrics`: Prometheus' text format, for whoever has the token of the admin API. */
export const retrieveMetrics: AdminRoute = async (call) => {
  const { door, outgoing } = call
  const admin = await enterAdmin(call)
  if (!admin.ok) return sendError(outgoing, admin.error)
  const body = Buffer.from(door.metrics())
  outgoing.writeHead(200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': body.length,
  })
  outgoing.end(body)
}
