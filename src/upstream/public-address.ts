/*
 * Which addresses are on the public Internet. A URL that a stranger names must not make the gateway speak to its own machine,
 * to the network behind it or to a cloud's metadata service. Everything that IANA's special-purpose registries list is left
 * out, also where it is written inside an IPv6 address (mapped, NAT64, 6to4, Teredo).
 */
import { BlockList, isIP, isIPv4 } from 'node:net'

const special4: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, and the metadata services of the large clouds.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // A metadata service outside of the reserved ranges.
  ['168.63.129.16', 32],
]
/** Of IPv6 only what is given out as global unicast is public, without what is set aside in it. */
const global6 = ['2000::', 3] as const
const special6: readonly (readonly [address: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
]

const blocked = new BlockList()
for (const [address, prefix] of special4) blocked.addSubnet(address, prefix, 'ipv4')
for (const [address, prefix] of special6) blocked.addSubnet(address, prefix, 'ipv6')
const globalUnicast = new BlockList()
globalUnicast.addSubnet(...global6, 'ipv6')

/** False for what is no IP address at all. */
export function isPublicAddress(address: string): boolean {
  // A zone names an interface of this machine.
  if (isIP(address) === 0 || address.includes('%')) return false
  if (isIPv4(address)) return !blocked.check(address, 'ipv4')
  return globalUnicast.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}
