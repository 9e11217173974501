import { type PrivateKey, parsePrivateKey } from '../../src/chain/private-key.ts'
import { address } from '../../src/domain/units.ts'
import type { GatewayIdentity } from '../../src/evidence/aci-keyset.ts'

const parsed = parsePrivateKey(`0x${'42'.repeat(32)}`)
if (parsed === undefined) throw new Error('42… is a private key')

export const aPrivateKey: PrivateKey = parsed

export const aGateway: GatewayIdentity = {
  operator: address(`0x${'0a'.repeat(20)}`),
  chainId: 31337,
  receiptVerifier: address(`0x${'5e'.repeat(20)}`),
}
