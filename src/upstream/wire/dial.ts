import { connect as connectPlain, isIP, type LookupFunction, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecure, type TLSSocket } from 'node:tls'

/** Where connections lead. */
export type Origin = {
  readonly isSecure: boolean
  /** As it stands in requests, with the port where that is not the scheme's own. */
  readonly host: string
  /** A name or an address, without brackets. */
  readonly hostname: string
  readonly port: number
  /** Other than the system's. */
  readonly lookup: LookupFunction | undefined
}

/**
 * Every read of every connection goes here, and is read before the next begins: no memory is asked for only to be given back.
 * As large as the kernel's usual share of a socket.
 */
export const readMemory: Buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** Connections that say nothing are looked after by the kernel from then on. */
const keepAliveProbeMs = 60_000

/** Sessions that the other side gave us, the newest of each place: the next handshake is a short one. */
export type SessionKept = { session: Buffer | undefined }

/** `onRead`: so many bytes are in `readMemory`; false stops reading until `resume`. */
export function dial(
  origin: Origin,
  kept: SessionKept,
  onRead: (count: number) => boolean,
): Socket {
  const { hostname: host, port, lookup } = origin
  const onread = { buffer: readMemory, callback: onRead }
  const where = { host, port, onread, ...(lookup !== undefined && { lookup }) }
  const socket = origin.isSecure ? secure(where, kept) : connectPlain(where)
  return socket.setNoDelay(true).setKeepAlive(true, keepAliveProbeMs)
}

function secure(
  where: ConnectionOptions & { readonly host: string },
  kept: SessionKept,
): TLSSocket {
  const socket = connectSecure({
    ...where,
    ALPNProtocols: ['http/1.1'],
    // An address is no name that a server could be asked for (RFC 6066, section 3).
    ...(isIP(where.host) === 0 && { servername: where.host }),
    ...(kept.session !== undefined && { session: kept.session }),
  })
  return socket.on('session', (session) => {
    kept.session = session
  })
}
