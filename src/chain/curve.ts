/**
 * secp256k1 as this project needs it, over bytes. Two implementations (curve-native.ts, curve-noble.ts) are held to each
 * other by test/property/signatures.property.test.ts.
 */
export type Curve = {
  readonly name: 'native' | 'noble'
  /** Deterministic (RFC 6979) with the lower of the two valid `s`. `digest` and `privateKey` are 32 bytes. */
  readonly sign: (digest: Uint8Array, privateKey: Uint8Array) => CurveSignature
  /**
   * The 64 bytes of the uncompressed public key without its 0x04; undefined when no key fits. They may lie in memory that the
   * next call writes to: whoever keeps a key keeps a copy.
   */
  readonly recover: (digest: Uint8Array, signature: CurveSignature) => Uint8Array | undefined
  /** In the same form as `recover` answers. The key is in range: see private-key.ts. */
  readonly publicKey: (privateKey: Uint8Array) => Uint8Array
}

type CurveSignature = {
  /** 64 bytes, r ‖ s. */
  readonly rs: Uint8Array
  /** Parity of R's y coordinate. An R beyond the order (2 and 3) exists in theory only, and no contract accepts it. */
  readonly yParity: 0 | 1
}
