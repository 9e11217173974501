import { randomBytes } from 'node:crypto'

/*
 * Random identifiers without a system call each: one filling of the pool serves dozens of requests. What was handed out is
 * behind, and no digit is handed out twice.
 */
const poolBytes = 4096
let digits = ''
let used = 0

/** `byteCount` fresh random bytes as lower-case hex without prefix. At most 64 bytes at once. */
export function randomHex(byteCount: number): string {
  const length = 2 * byteCount
  if (used + length > digits.length) {
    digits = randomBytes(poolBytes).toString('hex')
    used = 0
  }
  used += length
  return digits.slice(used - length, used)
}
