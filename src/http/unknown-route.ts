import type { Hono } from 'hono'
import type { Refusal } from '../domain/refusal.ts'
import type { HttpContext, HttpEnv } from './http-context.ts'

/** A known path with another method is 405 and says which; everything else is 404 `unknown_url`, never 501: SDKs retry 5xx. */
export function unknownRoute(app: Hono<HttpEnv>, context: HttpContext): Refusal {
  const { method, path } = context.req
  const routes = app.routes.filter((route) => route.method !== 'ALL')
  const allowed = routes.filter((route) => matches(route.path, path)).map((route) => route.method)
  if (allowed.length > 0) {
    return { reason: 'method_not_allowed', method, allowed: [...new Set(allowed)].join(', ') }
  }
  // What a base URL without `/v1`, or with two of them, makes of a route.
  const meant = path.startsWith('/v1/v1/') ? path.slice('/v1'.length) : `/v1${path}`
  const isKnown = routes.some((route) => matches(route.path, meant))
  return { reason: 'unknown_url', method, path, meant: isKnown ? meant : undefined }
}

function matches(pattern: string, path: string): boolean {
  const expression = pattern.replace(/:id\{\.\+\}/, '.+').replace(/:\w+/g, '[^/]+')
  return new RegExp(`^${expression}$`).test(path)
}
