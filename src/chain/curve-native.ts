import { createRequire } from 'node:module'
import { assert } from '../base/assert.ts'
import type { Curve } from './curve.ts'

/**
 * libsecp256k1, twenty times as fast as JavaScript. Undefined where the package has no binary for this machine: its main
 * module would then fall back to `elliptic` in silence, so the binding itself is loaded.
 */
export function loadNativeCurve(): Curve | undefined {
  let secp256k1: typeof import('secp256k1')
  try {
    secp256k1 = createRequire(import.meta.url)('secp256k1/bindings.js')
  } catch {
    return undefined
  }
  // Its own output would be memory outside of the heap for each signature: 65 bytes are one more than V8 keeps inside.
  const recovered = new Uint8Array(65)
  const publicKey = recovered.subarray(1)
  return {
    name: 'native',
    sign(digest, privateKey) {
      const { signature, recid } = secp256k1.ecdsaSign(digest, privateKey)
      assert(recid === 0 || recid === 1, 'R is below the order of the curve')
      return { rs: signature, yParity: recid }
    },
    recover(digest, { rs, yParity }) {
      try {
        secp256k1.ecdsaRecover(rs, yParity, digest, false, recovered)
        return publicKey
      } catch {
        // The only way that the binding says "no key fits".
        return undefined
      }
    },
    publicKey: (privateKey) => secp256k1.publicKeyCreate(privateKey, false).subarray(1),
  }
}
