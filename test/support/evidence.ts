import { type PrivateKey, parsePrivateKey } from '../../src/chain/private-key.ts'

const parsed = parsePrivateKey(`0x${'42'.repeat(32)}`)
if (parsed === undefined) throw new Error('42… is a private key')

export const aPrivateKey: PrivateKey = parsed
