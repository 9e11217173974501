/*
 * Contributors that dial in. Who may is known before (`expect`); whoever proves to be one of them gets a tunnel, which
 * stays the same over all of its connections.
 */
import type { Socket } from 'node:net'
import { assert } from '../base/assert.ts'
import { networkOf } from '../base/network-of.ts'
import type { Contributor } from '../domain/contributor.ts'
import { type Address, address, bytes32, isAddress, isBytes32 } from '../domain/units.ts'
import { acceptTunnel } from './accept-tunnel.ts'
import { type GreetingTerms, greetContributor } from './greet-contributor.ts'
import { Tunnel, type TunnelTimes } from './tunnel.ts'

/** A contributor that dials in has this instead of a URL that could be dialled; the host is its operator account. */
export const tunnelScheme = 'tunnel:'

export const isTunnelUrl = (baseUrl: string): boolean => baseUrl.startsWith(`${tunnelScheme}//`)

type TunnelEvent =
  | { readonly event: 'tunnel_up' | 'tunnel_down'; readonly contributorId: string }
  | { readonly event: 'tunnel_refused'; readonly why: string }

export type TunnelsTerms = {
  readonly greeting: GreetingTerms
  readonly times: TunnelTimes
  readonly onEvent: (event: TunnelEvent) => void
}

export type TunnelHello = {
  readonly contributor: string | undefined
  readonly nonce: string | undefined
}

/** Connections that have not proven anything yet. */
const strangersMax = 64

/** Whoever holds a key that was taken back must not go on reading what others ask. */
const mayUse = (contributor: Contributor | undefined, key: Address): boolean =>
  contributor?.identity?.signingAddresses.includes(key) === true

type ProvenTunnel = {
  readonly tunnel: Tunnel
  /** That its newest connection was opened with. */
  readonly key: Address
}

export class Tunnels {
  readonly #terms: TunnelsTerms
  readonly #expected = new Map<string, Contributor>()
  readonly #tunnels = new Map<string, ProvenTunnel>()
  /** Hosts of those who have dialled in, or had until a moment ago. */
  readonly #reachable = new Set<string>()
  readonly #reachWatchers: (() => void)[] = []
  /** The oldest first, each with the network that it came from. */
  readonly #strangers = new Map<Socket, string>()

  constructor(terms: TunnelsTerms) {
    this.#terms = terms
  }

  /** From now on these may dial in, and no others: a tunnel of somebody else, or of a key that is none now, is closed. */
  expect(contributors: readonly Contributor[]): void {
    this.#expected.clear()
    for (const contributor of contributors) {
      const url = new URL(contributor.baseUrl)
      if (url.protocol === tunnelScheme) this.#expected.set(url.host, contributor)
    }
    for (const [host, { tunnel, key }] of this.#tunnels) {
      if (mayUse(this.#expected.get(host), key)) continue
      tunnel.close()
      this.#tunnels.delete(host)
      this.#awaitReturn(host, tunnel)
    }
    for (const host of this.#reachable) if (!this.#expected.has(host)) this.#reachable.delete(host)
  }

  /** Whether a connection of that host stands, or one may soon stand again on which what was begun goes on. */
  isReachable(host: string): boolean {
    return this.#reachable.has(host)
  }

  /** Tells of everybody who can be reached now and could not before, or the other way round. */
  watchReach(onChange: () => void): void {
    this.#reachWatchers.push(onChange)
  }

  /** By the host of its URL; undefined for who never dialled in. */
  find(host: string): Tunnel | undefined {
    return this.#tunnels.get(host)?.tunnel
  }

  /** Takes a connection that asked for the tunnel's protocol. Never rejects. */
  async take(socket: Socket, head: Buffer, hello: TunnelHello): Promise<void> {
    // The HTTP server has let go of it: a reset that nobody listens for would end the process.
    socket.on('error', () => {})
    const host = isAddress(hello.contributor) ? address(hello.contributor) : ''
    const contributor = this.#expected.get(host)
    const { identity } = contributor ?? {}
    if (contributor === undefined || identity === undefined || !isBytes32(hello.nonce)) {
      this.#refuse(socket, '403 Forbidden', 'nobody who may dial in has that name')
      return
    }
    this.#admit(socket)
    const overdue = setTimeout(() => socket.destroy(), this.#terms.greeting.timeoutMs)
    try {
      const session = await acceptTunnel(socket, head)
      const caller = { identity, nonce: bytes32(hello.nonce) }
      const greeted = await greetContributor(session, this.#terms.greeting, caller)
      // Who was taken off the list meanwhile is nobody any more, and so is a key.
      if (!greeted.ok || !mayUse(this.#expected.get(host), greeted.value)) {
        session.destroy()
        const why = greeted.ok ? 'it may not dial in any more' : greeted.error
        this.#terms.onEvent({ event: 'tunnel_refused', why })
        return
      }
      this.#attach(host, { contributorId: contributor.contributorId, key: greeted.value }, session)
    } catch {
      this.#terms.onEvent({ event: 'tunnel_refused', why: 'its connection ended' })
    } finally {
      clearTimeout(overdue)
      this.#strangers.delete(socket)
    }
  }

  close(): void {
    for (const socket of this.#strangers.keys()) socket.destroy()
    for (const { tunnel } of this.#tunnels.values()) tunnel.close()
    this.#tunnels.clear()
    this.#reachable.clear()
  }

  #attach(
    host: string,
    { contributorId, key }: { readonly contributorId: string; readonly key: Address },
    session: Parameters<Tunnel['attach']>[0],
  ): void {
    const tunnel = this.#tunnels.get(host)?.tunnel ?? new Tunnel(this.#terms.times)
    this.#tunnels.set(host, { tunnel, key })
    tunnel.attach(session)
    this.#reach(host, true)
    this.#terms.onEvent({ event: 'tunnel_up', contributorId })
    session.on('close', () => {
      if (tunnel.isUp) return
      this.#terms.onEvent({ event: 'tunnel_down', contributorId })
      this.#awaitReturn(host, tunnel)
    })
  }

  /** Most come back: whoever asks meanwhile is told to ask again, and not that there is no such model. */
  #awaitReturn(host: string, tunnel: Tunnel): void {
    const giveUp = (): void => {
      const now = this.#tunnels.get(host)?.tunnel
      if (!tunnel.isUp && (now === undefined || now === tunnel)) this.#reach(host, false)
    }
    setTimeout(giveUp, this.#terms.times.resumeMs).unref()
  }

  #reach(host: string, isReachable: boolean): void {
    if (this.#reachable.has(host) === isReachable) return
    if (isReachable) this.#reachable.add(host)
    else this.#reachable.delete(host)
    for (const onChange of this.#reachWatchers) onChange()
  }

  /**
   * Names of contributors are public: whoever keeps silent in one must not keep its owner out, who speaks at once; and whoever
   * opens more connections than there are places must push out its own.
   */
  #admit(socket: Socket): void {
    this.#strangers.set(socket, networkOf(socket.remoteAddress))
    if (this.#strangers.size <= strangersMax) return
    const oldest = this.#oldestOfMost()
    this.#strangers.delete(oldest)
    oldest.destroy()
  }

  /** The oldest connection of the network that has the most. */
  #oldestOfMost(): Socket {
    const byNetwork = Map.groupBy(this.#strangers.keys(), (socket) => this.#strangers.get(socket))
    const [first = [], ...others] = byNetwork.values()
    const [oldest] = others.reduce((most, some) => (some.length > most.length ? some : most), first)
    assert(oldest !== undefined, 'only a full house pushes somebody out')
    return oldest
  }

  #refuse(socket: Socket, status: string, why: string): void {
    this.#terms.onEvent({ event: 'tunnel_refused', why })
    const answer = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`
    // Whoever does not hang up is hung up on.
    socket.end(answer, () => socket.destroy())
  }
}
