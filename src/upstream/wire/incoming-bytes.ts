/** Bytes that came over a connection, read from the front. */
export class IncomingBytes {
  readonly #bytes: Buffer
  /** The memory is filled again as soon as they are read: what is kept of them must be a copy. */
  readonly #isLent: boolean
  #at = 0
  readonly #end: number

  private constructor(bytes: Buffer, terms: { readonly end: number; readonly isLent: boolean }) {
    this.#bytes = bytes
    this.#end = terms.end
    this.#isLent = terms.isLent
  }

  /** The first `count` bytes of memory that will be used again. */
  static lent(memory: Buffer, count: number): IncomingBytes {
    return new IncomingBytes(memory, { end: count, isLent: true })
  }

  /** All of what is nobody else's. */
  static own(bytes: Buffer): IncomingBytes {
    return new IncomingBytes(bytes, { end: bytes.length, isLent: false })
  }

  get left(): number {
    return this.#end - this.#at
  }

  /** The next byte; there must be one. */
  next(): number {
    const byte = this.#bytes[this.#at] ?? 0
    this.#at += 1
    return byte
  }

  /** How many bytes there are in front of the pattern; undefined where it is not among them. */
  before(pattern: Buffer): number | undefined {
    const found = this.#bytes.indexOf(pattern, this.#at)
    // Behind the end lies what was read before.
    return found === -1 || found + pattern.length > this.#end ? undefined : found - this.#at
  }

  /** The next `count` bytes as Latin-1. */
  text(count: number): string {
    const from = this.#at
    this.#at += count
    return this.#bytes.toString('latin1', from, this.#at)
  }

  /** The next `count` bytes, to keep. */
  take(count: number): Buffer {
    const from = this.#at
    this.#at += count
    if (!this.#isLent) return this.#bytes.subarray(from, this.#at)
    const copy = Buffer.allocUnsafe(count)
    this.#bytes.copy(copy, 0, from, this.#at)
    return copy
  }

  /** Writes the next `count` bytes to where a buffer is at. */
  copyTo(target: Buffer, { at, count }: { readonly at: number; readonly count: number }): void {
    const from = this.#at
    this.#at += count
    this.#bytes.copy(target, at, from, this.#at)
  }

  skip(count: number): void {
    this.#at += count
  }

  /** The last `count` bytes that were read are to be read again. */
  giveBack(count: number): void {
    this.#at -= count
  }
}
