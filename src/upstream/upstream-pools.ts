import type { LookupFunction } from 'node:net'
import {
  upstreamConnectTimeoutMs,
  upstreamFirstByteTimeoutMs,
  upstreamIdleTimeoutMs,
  upstreamWholeAnswerTimeoutMs,
} from '../base/limits.ts'
import type { ExchangeListener, ExchangeRequest } from './exchange.ts'
import { guardedLookup, isGuardedHost, type ResolveAll } from './guarded-lookup.ts'
import { type Tunnels, tunnelScheme } from './tunnels.ts'
import type { Origin } from './wire/dial.ts'
import { WirePool } from './wire/wire-pool.ts'

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

/** Where a contributor is asked. */
type Named = {
  readonly baseUrl: string
  /** A stranger named the URL: what it leads to must be on the public Internet. */
  readonly isGuarded?: boolean | undefined
}

/** The same, read once: a few places are asked again and again. */
type Place = {
  readonly pathname: string
  readonly ask: (request: ExchangeRequest, listener: ExchangeListener) => void
}

const timeoutLimits: UpstreamTimeouts = {
  connectMs: upstreamConnectTimeoutMs,
  firstByteMs: upstreamFirstByteTimeoutMs,
  wholeAnswerMs: upstreamWholeAnswerTimeoutMs,
  idleMs: upstreamIdleTimeoutMs,
}

type Options = {
  /** How names are resolved that strangers named. */
  readonly resolve?: ResolveAll | undefined
  /** Of contributors that dial in. */
  readonly tunnels?: Pick<Tunnels, 'find' | 'close'>
}

/** Connections to contributors, one pool for each origin. */
export class UpstreamPools {
  readonly timeouts: UpstreamTimeouts
  readonly #pools = new Map<string, WirePool>()
  /** By base URL. */
  readonly #places = new Map<string, Place>()
  readonly #guardedPlaces = new Map<string, Place>()
  readonly #resolve: ResolveAll | undefined
  readonly #guardedLookup: LookupFunction
  readonly #tunnels: Options['tunnels']

  constructor(timeouts: UpstreamTimeouts = timeoutLimits, { resolve, tunnels }: Options = {}) {
    this.timeouts = timeouts
    this.#resolve = resolve
    this.#guardedLookup = guardedLookup(resolve)
    this.#tunnels = tunnels
  }

  /** Over a connection of ours to where the URL leads, or over one that the contributor opened. */
  dispatch(
    { baseUrl, isGuarded = false }: Named,
    { method, path, headers, body, headersTimeoutMs }: ExchangeRequest,
    listener: ExchangeListener,
  ): void {
    const places = isGuarded ? this.#guardedPlaces : this.#places
    let place = places.get(baseUrl)
    if (place === undefined) {
      place = this.#placeOf(new URL(baseUrl), isGuarded)
      places.set(baseUrl, place)
    }
    const asked = { method, path: place.pathname + path, headers, body, headersTimeoutMs }
    place.ask(asked, listener)
  }

  #placeOf(url: URL, isGuarded: boolean): Place {
    const { protocol, host, hostname, pathname } = url
    if (protocol === tunnelScheme) {
      return { pathname, ask: (request, listener) => this.#askOverTunnel(host, request, listener) }
    }
    if (isGuarded && !isGuardedHost(hostname)) {
      return { pathname, ask: (_request, listener) => listener.failed('unreachable') }
    }
    const pool = this.#poolOf(url, isGuarded)
    return { pathname, ask: (request, listener) => pool.dispatch(request, listener) }
  }

  #askOverTunnel(host: string, request: ExchangeRequest, listener: ExchangeListener): void {
    const tunnel = this.#tunnels?.find(host)
    if (tunnel === undefined) listener.failed('unreachable')
    else tunnel.dispatch({ ...request, idleTimeoutMs: this.timeouts.idleMs }, listener)
  }

  /** A guarded pool dials public addresses only, and shares no connection with another. */
  #poolOf(url: URL, isGuarded: boolean): WirePool {
    const name = nameOf(url, isGuarded)
    let pool = this.#pools.get(name)
    if (pool === undefined) {
      const lookup = isGuarded ? this.#guardedLookup : undefined
      pool = new WirePool({ ...originOf(url), lookup }, this.timeouts)
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
      pool.close()
    }
  }

  /** Others to the same world, which only their caller has, and closes. */
  unshared(): UpstreamPools {
    return new UpstreamPools(this.timeouts, { resolve: this.#resolve })
  }

  /** At once, whatever is under way. */
  async close(): Promise<void> {
    this.#tunnels?.close()
    for (const pool of this.#pools.values()) pool.destroy()
  }
}

const nameOf = ({ origin }: URL, isGuarded = false): string =>
  isGuarded ? `guarded ${origin}` : origin

function originOf({ protocol, host, hostname, port }: URL): Omit<Origin, 'lookup'> {
  const isSecure = protocol === 'https:'
  return {
    isSecure,
    host,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
  }
}
