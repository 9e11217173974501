/*
 * Which pages may ask this gateway from a browser. Source: Fetch Standard, "3.3 CORS protocol". Nothing here knows a person
 * by a cookie, so a page that is let in can do no more than a program with the same key; yet a key in a page is read by
 * whoever opens it, so nobody is let in unless the operator says so.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** The API, not what its operator asks. */
const openPaths = /^\/(v1\/|openapi\.json$)/

/**
 * `origins` as browsers spell them (`https://app.example`); `*` lets in every page, one that was opened from a file included.
 * Without any the listener is answered unchanged, so that it costs nothing.
 */
export function openToBrowsers(
  listener: RequestListener,
  origins: readonly string[],
): RequestListener {
  if (origins.length === 0) return listener
  const isAny = origins.includes('*')
  return (incoming, outgoing) => {
    const { origin } = incoming.headers
    if (origin === undefined || !openPaths.test(incoming.url ?? '')) {
      listener(incoming, outgoing)
      return
    }
    if (!isAny) outgoing.setHeader('vary', 'origin')
    if (isAny || origins.includes(origin)) {
      outgoing.setHeader('access-control-allow-origin', isAny ? '*' : origin)
      // Receipts, prices of x402 and limits are all told in headers.
      outgoing.setHeader('access-control-expose-headers', '*')
      if (isPreflight(incoming)) return answerPreflight(incoming, outgoing)
    }
    listener(incoming, outgoing)
  }
}

const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined

/** How long a browser need not ask again; most take no more. */
const preflightMaxAgeS = 7200

function answerPreflight(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const asked = String(incoming.headers['access-control-request-headers'] ?? '')
  outgoing.writeHead(204, {
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
    // A wildcard would leave out `authorization`. Node has refused whatever could break out of a header.
    ...(asked === '' ? {} : { 'access-control-allow-headers': asked }),
    'access-control-max-age': String(preflightMaxAgeS),
  })
  outgoing.end()
}
