/*
 * Jobs of long ago in two bytes each: a Bloom filter. It never forgets one; of jobs that it does not know it takes one in
 * 1,700 for known when it is full, and those are answered by somebody else. Digests are uniform whatever a gateway chooses.
 *
 * As bytes: the magic, how many jobs it has (uint32, little-endian), its bits.
 */
const magic = Buffer.from('vouch-jobs-filter/1\n')
const headBytes = magic.length + 4
const probes = 8
/** 16 MiB. A power of two, so that a mask takes the place of a division. */
const bitCountDefault = 134_217_728
/** With eight probes: (1 - e^(-8/16))^8 is one in 1,700. */
const bitsPerJob = 16

export class JobFilter {
  readonly #file: Buffer
  readonly #bits: Buffer

  private constructor(file: Buffer) {
    this.#file = file
    this.#bits = file.subarray(headBytes)
  }

  /** `bitCount`: a power of two. */
  static empty(bitCount: number = bitCountDefault): JobFilter {
    const file = Buffer.alloc(headBytes + bitCount / 8)
    magic.copy(file)
    return new JobFilter(file)
  }

  /** Undefined for bytes of anything else. The bytes are the filter's from now on. */
  static of(file: Buffer): JobFilter | undefined {
    const bitCount = (file.length - headBytes) * 8
    const isOurs = file.subarray(0, magic.length).equals(magic)
    return isOurs && bitCount > 0 && Number.isInteger(Math.log2(bitCount))
      ? new JobFilter(file)
      : undefined
  }

  /** What `of` reads. */
  get bytes(): Buffer {
    return this.#file
  }

  get count(): number {
    return this.#file.readUInt32LE(magic.length)
  }

  /** More would make it mistake too many for known. */
  get isFull(): boolean {
    return this.count * bitsPerJob >= this.#bits.length * 8
  }

  /** `digest`: at least 8 bytes. */
  add(digest: Buffer): void {
    for (let probe = 0; probe < probes; probe += 1) {
      const index = this.#index(digest, probe)
      this.#bits[index >>> 3] = (this.#bits[index >>> 3] ?? 0) | (1 << (index & 7))
    }
    this.#file.writeUInt32LE(this.count + 1, magic.length)
  }

  has(digest: Buffer): boolean {
    for (let probe = 0; probe < probes; probe += 1) {
      const index = this.#index(digest, probe)
      if (((this.#bits[index >>> 3] ?? 0) & (1 << (index & 7))) === 0) return false
    }
    return true
  }

  /** Two hashes do the work of all (Kirsch and Mitzenmacher, 2006); an odd step visits every bit before it comes back. */
  #index(digest: Buffer, probe: number): number {
    const step = digest.readUInt32LE(4) | 1
    return (digest.readUInt32LE(0) + Math.imul(probe, step)) & (this.#bits.length * 8 - 1)
  }
}
