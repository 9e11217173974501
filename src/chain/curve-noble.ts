import { secp256k1 } from '@noble/curves/secp256k1.js'
import { assert } from '../base/assert.ts'
import type { Curve } from './curve.ts'

/** The same in JavaScript, for machines that the native binding does not know. */
export const nobleCurve: Curve = {
  name: 'noble',
  sign(digest, privateKey) {
    const bytes = secp256k1.sign(digest, privateKey, {
      prehash: false,
      lowS: true,
      format: 'recovered',
    })
    const yParity = bytes[0]
    assert(yParity === 0 || yParity === 1, 'R is below the order of the curve')
    return { rs: bytes.subarray(1), yParity }
  },
  recover(digest, { rs, yParity }) {
    const bytes = new Uint8Array(65)
    bytes[0] = yParity
    bytes.set(rs, 1)
    try {
      const signature = secp256k1.Signature.fromBytes(bytes, 'recovered')
      return signature.recoverPublicKey(digest).toBytes(false).subarray(1)
    } catch {
      // The only way that noble says "no key fits".
      return undefined
    }
  },
  publicKey: (privateKey) => secp256k1.getPublicKey(privateKey, false).subarray(1),
}
