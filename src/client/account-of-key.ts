import { fromHex, type Hex } from '../base/hex.ts'
import { keccak256 } from '../chain/keccak.ts'
import { type Address, address } from '../domain/units.ts'

/** The account of a public key of secp256k1, x ‖ y in 64 bytes. */
export const accountOf = (publicKey: Hex): Address =>
  address(`0x${keccak256(fromHex(publicKey)).slice(-40)}`)
