import { hash } from 'node:crypto'

const domainTag = Buffer.from('vouch-sample/1')
const seedAt = domainTag.length
const indexAt = seedAt + 8

/**
 * The random number behind the token at `index` (0 for the first generated one) of a generation
 * with `seed`:
 *
 *   digest = sha256("vouch-sample/1" ‖ int64be(seed) ‖ uint32be(index))
 *   u = the first 53 bits of digest, as a whole number, divided by 2^53
 *
 * It counts instead of keeping a state, so whoever re-executes an answer can check one token
 * without the ones before it, in any language that has sha256. The range is [0, 1).
 */
export function uniformDraw(seed: bigint, index: number): number {
  const input = Buffer.alloc(indexAt + 4)
  domainTag.copy(input)
  input.writeBigInt64BE(BigInt.asIntN(64, seed), seedAt)
  input.writeUInt32BE(index, indexAt)
  const digest = hash('sha256', input, 'buffer')
  return (digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)) / 2 ** 53
}
