import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createApp } from './app.ts'
import { openToBrowsers } from './browser-access.ts'
import { allowEveryPage, isLookup } from './ccip/lookups.ts'
import { chatCompletions } from './chat-completions.ts'
import { withoutProxyPrefix } from './evidence/proxy-prefix.ts'
import type { Exchange } from './exchange.ts'
import { type InferenceTerms, serveInference } from './serve-inference.ts'
import { surfaces } from './surfaces.ts'
import { verifyPageAt } from './verify-page.ts'

/** What the lane in front of Node's server serves: the paths of the models, as a request line that asks there. */
export const plainRoutes = (
  terms: InferenceTerms,
): ReadonlyMap<string, (exchange: Exchange) => void> =>
  new Map(
    surfaces.map((surface) => [
      `POST ${surface.path} HTTP/1.1`,
      (exchange) => void serveInference(surface, terms, exchange),
    ]),
  )

/**
 * Every request goes to the route table but the plain form of the one that nearly all are: a router that makes Fetch
 * objects first costs a tenth of the whole request (bench/README.md). The table has the same route for its other spellings.
 */
export function createListener(
  terms: InferenceTerms,
  browserOrigins: readonly string[] = [],
): RequestListener {
  const routed = getRequestListener(createApp(terms).fetch, {
    overrideGlobalObjects: false,
  })
  const listener: RequestListener = (incoming, outgoing) => {
    if (incoming.url === chatCompletions.path && incoming.method === 'POST') {
      void serveInference(chatCompletions, terms, { incoming, outgoing })
      return
    }
    if (isLookup(incoming.url) && allowEveryPage(incoming, outgoing)) return
    const page = verifyPageAt(incoming.method, incoming.url)
    if (page !== undefined) return page(incoming, outgoing)
    incoming.url = withoutProxyPrefix(incoming.url)
    void routed(incoming, outgoing)
  }
  return openToBrowsers(listener, browserOrigins)
}
