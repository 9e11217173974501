import { describe, expect, test } from 'vitest'
import { isPublicAddress } from '../../../src/upstream/public-address.ts'

const refused: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fdff::1'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  'link-local and metadata': ['169.254.169.254', '169.254.0.1', 'fe80::1', '168.63.129.16'],
  'metadata over IPv6': ['fd00:ec2::254'],
  'documentation and benchmarks': [
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '198.18.0.1',
    '2001:db8::1',
    '3fff::1',
  ],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'reserved and broadcast': ['240.0.0.1', '255.255.255.255', '4000::1', '::2'],
  'mapped, compatible and translated IPv4': [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
  ],
  zones: ['fe80::1%eth0', '2606:4700::1%lo'],
  'no address at all': ['', 'localhost', '2130706433', '0x7f.1', '1.2.3', '127.1', '[::1]'],
}

describe('addresses that no stranger may name', () => {
  test.each(Object.entries(refused))('%s', (_what, addresses) => {
    for (const address of addresses)
      expect([address, isPublicAddress(address)]).toEqual([address, false])
  })
})

test('addresses of the public Internet, up to the edges of what is set aside', () => {
  const named = [
    ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0'],
    ...['126.255.255.255', '128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255'],
    ...['172.32.0.0', '192.167.255.255', '192.169.0.0', '223.255.255.255', '168.63.129.17'],
    ...['2606:4700:4700::1111', '2a00:1450:4001::200e', '2001:4860:4860::8888', '2400::1'],
  ]
  for (const address of named) expect([address, isPublicAddress(address)]).toEqual([address, true])
})
