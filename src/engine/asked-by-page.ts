/*
 * An engine without a secret answers every program of its machine. A web page that its owner opens is none of them, and can
 * ask all the same: blindly across origins, or under a name of its own that it makes stand for this machine (DNS rebinding).
 * Browsers say in `Origin` and `Host` which page asks and what it takes us for; programs say nothing, or an address.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Whether it is not a program of this machine, or a page of it, that asks. */
export function isAskedByPage({
  origin,
  host,
}: Pick<IncomingHttpHeaders, 'origin' | 'host'>): boolean {
  if (origin !== undefined && !isHere(hostnameOf(origin))) return true
  if (host === undefined) return false
  const hostname = hostnameOf(`http://${host}`)
  // An address stands for itself: nobody makes it mean another machine.
  return !isHere(hostname) && isIP(hostname) === 0
}

/** Empty where it is none, such as that of a page without an origin. */
const hostnameOf = (url: string): string =>
  URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : ''

const isHere = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '::1' ||
  (isIP(hostname) === 4 && hostname.startsWith('127.'))
