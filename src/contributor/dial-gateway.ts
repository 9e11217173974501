/*
 * Keeps a connection to a gateway open from a machine that nobody can dial: dials out, turns the roles round, and dials
 * again whenever the connection is lost.
 *
 *   DIALLING --101--> CONNECTED --lost, silent--> WAITING --pause, doubling to the last--> DIALLING
 *   DIALLING --refused--> WAITING                  any --stop--> STOPPED
 *   CONNECTED --renew--> CONNECTED: a second connection is dialled, and the gateway lets the first go when it takes that one
 */
import { request as httpRequest } from 'node:http'
import { performServerHandshake, type ServerHttp2Session } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { randomHex } from '../base/random-ids.ts'
import { type Address, type Bytes32, bytes32 } from '../domain/units.ts'
import {
  contributorHeader,
  nonceHeader,
  tunnelProtocol,
  tunnelWindowBytes,
} from '../upstream/tunnel-exchange.ts'
import { dialPauseFirstMs, dialPauseLastMs, dialTimeoutMs, tunnelStreamsMax } from './limits.ts'

export type DialTerms = {
  /** Where the gateway takes tunnels. */
  readonly url: URL
  /** Our operator account. */
  readonly contributor: Address
  /** Told of each connection that stands, and the number that it was dialled with. */
  readonly onSession: (session: ServerHttp2Session, nonce: Bytes32) => void
  /** Told why a dial failed or a connection ended, and how long until the next. */
  readonly onLost: (why: string, pauseMs: number) => void
  /** A gateway that pings, and was not heard for so long, is gone. */
  readonly silenceMs: number
  /** 0 … 1: spreads the contributors of a gateway that comes back. */
  readonly random: () => number
}

export type Dialling = {
  /** The gateway took us: when this connection is lost, the pauses begin from the first again. */
  readonly accepted: () => void
  /** Dials anew beside a connection that stands, to prove another key without being away. */
  readonly renew: () => void
  readonly stop: () => void
}

export function dialGateway(terms: DialTerms): Dialling {
  let isStopped = false
  let session: ServerHttp2Session | undefined
  let waiting: NodeJS.Timeout | undefined
  let failures = 0
  const dial = (): void => {
    const nonce = bytes32(`0x${randomHex(32)}`)
    const before = session
    connect(terms, nonce)
      .then((connected) => {
        if (isStopped) return connected.destroy()
        session = connected
        watchSilence(connected, terms.silenceMs)
        connected.on('error', () => {})
        connected.on('close', () => {
          if (session === connected) lost('the connection ended')
        })
        terms.onSession(connected, nonce)
      })
      .catch((error: Error) => {
        // One that stands goes on; when it is lost the next dial is not far.
        if (before === undefined || session !== before) lost(error.message)
      })
  }
  const lost = (why: string): void => {
    session = undefined
    if (isStopped) return
    const pauseMs = Math.min(dialPauseLastMs, dialPauseFirstMs * 2 ** failures)
    // Between half of it and all of it.
    const spreadMs = Math.round(pauseMs * (0.5 + terms.random() / 2))
    failures += 1
    terms.onLost(why, spreadMs)
    waiting = setTimeout(dial, spreadMs)
  }
  dial()
  return {
    accepted: () => {
      failures = 0
    },
    renew: () => {
      if (session !== undefined) dial()
    },
    stop: () => {
      isStopped = true
      clearTimeout(waiting)
      session?.destroy()
    },
  }
}

function connect({ url, contributor }: DialTerms, nonce: Bytes32): Promise<ServerHttp2Session> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const dialled = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: tunnelProtocol,
        [contributorHeader]: contributor,
        [nonceHeader]: nonce,
      },
      timeout: dialTimeoutMs,
    })
    dialled.on('upgrade', (_response, socket: Socket, head: Buffer) => {
      socket.setNoDelay(true)
      // The gateway speaks at once; what came with its answer is the beginning of that.
      if (head.length > 0) socket.unshift(head)
      const settings = {
        initialWindowSize: tunnelWindowBytes,
        maxConcurrentStreams: tunnelStreamsMax,
      }
      resolve(performServerHandshake(socket, { settings }))
    })
    dialled.on('response', (response) => {
      response.resume()
      reject(new Error(`the gateway answered ${response.statusCode}`))
    })
    dialled.on('timeout', () => dialled.destroy(new Error('the gateway did not answer in time')))
    dialled.on('error', reject)
    dialled.end()
  })
}

/** A gateway pings; one that says nothing for long is not there any more, whatever the socket says. */
function watchSilence(session: ServerHttp2Session, silenceMs: number): void {
  let silent = setTimeout(() => session.destroy(), silenceMs)
  const heard = (): void => {
    clearTimeout(silent)
    silent = setTimeout(() => session.destroy(), silenceMs)
  }
  session.on('ping', heard)
  session.on('stream', heard)
  session.on('close', () => clearTimeout(silent))
}
