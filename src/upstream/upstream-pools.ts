import type { LookupFunction } from 'node:net'
import { type Dispatcher, Pool } from 'undici'
import { assert } from '../base/assert.ts'
import {
  upstreamConnectTimeoutMs,
  upstreamFirstByteTimeoutMs,
  upstreamIdleTimeoutMs,
  upstreamWholeAnswerTimeoutMs,
} from '../base/limits.ts'
import { guardedLookup, isGuardedHost, type ResolveAll } from './guarded-lookup.ts'
import { refuseDispatch } from './tunnel-exchange.ts'
import { type Tunnels, tunnelScheme } from './tunnels.ts'

/** How long an upstream may keep us waiting. */
export type UpstreamTimeouts = {
  readonly connectMs: number
  /** From the dispatch to the headers of a stream. */
  readonly firstByteMs: number
  /** From the dispatch to the headers of an answer in one piece. */
  readonly wholeAnswerMs: number
  /** Between two chunks of a body, while we take them. */
  readonly idleMs: number
}

type UpstreamRequest = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Record<string, string>
  /** Empty for what asks for nothing but the path. */
  readonly body: Buffer
  readonly headersTimeout: number
}

/** Where a contributor is asked. */
type Named = {
  readonly baseUrl: string
  /** A stranger named the URL: what it leads to must be on the public Internet. */
  readonly isGuarded?: boolean | undefined
}

/** The same, read once: a few places are asked again and again. */
type Place = {
  readonly pathname: string
  readonly ask: (request: UpstreamRequest, handler: Dispatcher.DispatchHandler) => void
}

const timeoutLimits: UpstreamTimeouts = {
  connectMs: upstreamConnectTimeoutMs,
  firstByteMs: upstreamFirstByteTimeoutMs,
  wholeAnswerMs: upstreamWholeAnswerTimeoutMs,
  idleMs: upstreamIdleTimeoutMs,
}

/** Connections to contributors, one pool for each origin. */
export class UpstreamPools {
  readonly #pools = new Map<string, Pool>()
  /** By base URL. */
  readonly #places = new Map<string, Place>()
  readonly #guardedPlaces = new Map<string, Place>()
  readonly #lookup: LookupFunction
  readonly timeouts: UpstreamTimeouts

  readonly #tunnels: Pick<Tunnels, 'find' | 'close'> | undefined

  /** `resolve`: how names are resolved that strangers named. `tunnels`: of contributors that dial in. */
  constructor(
    timeouts: UpstreamTimeouts = timeoutLimits,
    {
      resolve,
      tunnels,
    }: { readonly resolve?: ResolveAll; readonly tunnels?: Pick<Tunnels, 'find' | 'close'> } = {},
  ) {
    this.timeouts = timeouts
    this.#lookup = guardedLookup(resolve)
    this.#tunnels = tunnels
  }

  /** Over a connection of ours to where the URL leads, or over one that the contributor opened. */
  dispatch(
    { baseUrl, isGuarded = false }: Named,
    request: UpstreamRequest,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const places = isGuarded ? this.#guardedPlaces : this.#places
    let place = places.get(baseUrl)
    if (place === undefined) {
      place = this.#placeOf(new URL(baseUrl), isGuarded)
      places.set(baseUrl, place)
    }
    const { method, path, headers, body, headersTimeout } = request
    const asked = { method, path: place.pathname + path, headers, body, headersTimeout }
    place.ask(asked, handler)
  }

  #placeOf(url: URL, isGuarded: boolean): Place {
    const { protocol, host, hostname, pathname } = url
    if (protocol === tunnelScheme) {
      return { pathname, ask: (request, handler) => this.#askOverTunnel(host, request, handler) }
    }
    if (isGuarded && !isGuardedHost(hostname)) {
      return { pathname, ask: (_request, handler) => refuseDispatch(handler) }
    }
    const pool = this.pool(url, isGuarded)
    return { pathname, ask: (request, handler) => pool.dispatch(request, handler) }
  }

  #askOverTunnel(
    host: string,
    { headersTimeout: headersTimeoutMs, ...question }: UpstreamRequest,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const asked = { ...question, headersTimeoutMs, idleTimeoutMs: this.timeouts.idleMs }
    const tunnel = this.#tunnels?.find(host)
    if (tunnel === undefined) refuseDispatch(handler)
    else tunnel.dispatch(asked, handler)
  }

  /** A guarded pool dials public addresses only, and shares no connection with another. */
  pool(url: URL, isGuarded = false): Pool {
    const name = nameOf(url, isGuarded)
    let pool = this.#pools.get(name)
    if (pool === undefined) {
      pool = this.unshared(url, isGuarded)
      this.#pools.set(name, pool)
    }
    return pool
  }

  /** Lets go of connections to places that are none of these any more, as soon as they are idle. */
  retain(used: readonly Named[]): void {
    this.#places.clear()
    this.#guardedPlaces.clear()
    const names = new Set(used.map(({ baseUrl, isGuarded }) => nameOf(new URL(baseUrl), isGuarded)))
    for (const [name, pool] of this.#pools) {
      if (names.has(name)) continue
      this.#pools.delete(name)
      void pool.close()
    }
  }

  /** One that only its caller has, and closes. */
  unshared({ origin, hostname }: URL, isGuarded: boolean): Pool {
    assert(!isGuarded || isGuardedHost(hostname), 'an address that is not public is not dialled')
    return new Pool(origin, {
      connections: 512,
      connect: { timeout: this.timeouts.connectMs, ...(isGuarded && { lookup: this.#lookup }) },
      bodyTimeout: this.timeouts.idleMs,
    })
  }

  async close(): Promise<void> {
    this.#tunnels?.close()
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
  }
}

const nameOf = ({ origin }: URL, isGuarded = false): string =>
  isGuarded ? `guarded ${origin}` : origin
