import fc from 'fast-check'
import { type PrivateKey, parsePrivateKey } from '../../src/chain/private-key.ts'
import type { Address, AtomicAmount, Bytes32 } from '../../src/domain/units.ts'
import { address, atomic, bytes32 } from '../../src/domain/units.ts'

const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })

export const anyBytes32: fc.Arbitrary<Bytes32> = bytes(32).map((value) => bytes32(hexOf(value)))
export const anyAddress: fc.Arbitrary<Address> = bytes(20).map((value) => address(hexOf(value)))
export const anyAmount: fc.Arbitrary<AtomicAmount> = fc
  .bigInt({ min: 0n, max: 2n ** 128n - 1n })
  .map(atomic)
export const anyPrivateKey: fc.Arbitrary<PrivateKey> = bytes(32)
  .map((value) => parsePrivateKey(hexOf(value)))
  .filter((key) => key !== undefined)
