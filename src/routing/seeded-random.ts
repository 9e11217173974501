/** Uniform in [0, 1). */
export type Random = () => number

/**
 * A generator whose draws are fixed by its seed: choices can be replayed, and cost no system call. Not for secrets.
 * Weyl sequence with the 32-bit finaliser of MurmurHash3.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e37_79b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}
