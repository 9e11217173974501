/*
 * Name resolution for URLs that strangers name. The address that is checked is the one that is dialled: a name that meant
 * another address when it was registered (DNS rebinding) is checked anew with each connection.
 */
import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address.ts'

/** As `dns.lookup` with all addresses. */
export type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** What is dialled instead of an address that is not public. */
class AddressNotPublic extends Error {
  override readonly name = 'AddressNotPublic'
  readonly code = 'EADDRNOTPUBLIC'
}

/** One address that is not public makes the whole name unusable: which of them is dialled is not ours to choose. */
export function guardedLookup(resolve: ResolveAll = systemLookup): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, [])
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
        return done(new AddressNotPublic(`${hostname} is no public address`), [])
      }
      if (options.all === true) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}

/** Whether a URL's host may be dialled with a guarded look-up: addresses are not looked up, so they are judged here. */
export function isGuardedHost(hostname: string): boolean {
  const literal = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(literal) === 0 || isPublicAddress(literal)
}
