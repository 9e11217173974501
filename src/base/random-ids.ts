import { randomFillSync } from 'node:crypto'

/*
 * Random identifiers without a system call each: one fill of the pool serves dozens of requests. Handed-out bytes are
 * copied as hex and wiped from the pool's future by moving forward only.
 */
const pool = Buffer.allocUnsafe(4096)
let used = pool.length

/** `byteCount` fresh random bytes as lower-case hex without prefix. At most 64 bytes at once. */
export function randomHex(byteCount: number): string {
  if (used + byteCount > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const hex = pool.toString('hex', used, used + byteCount)
  used += byteCount
  return hex
}
