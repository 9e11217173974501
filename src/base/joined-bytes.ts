const nothing = Buffer.alloc(0)

/**
 * Pieces of bytes as one, as they come. Whoever sends them byte by byte makes nothing grow but the bytes: neither a list of
 * millions of pieces, nor time that goes with their square.
 *
 * What was handed out never changes: bytes are only written behind it.
 */
export class JoinedBytes {
  #bytes: Buffer = nothing
  /** What `bytes` is a part of, with room behind it; undefined where it is the only piece itself. */
  #memory: Buffer | undefined
  /** Where `bytes` begin in it. */
  #at = 0

  /** Everything that was added and not dropped. A single piece is that piece, not a copy. */
  get bytes(): Buffer {
    return this.#bytes
  }

  add(piece: Buffer): Buffer {
    const before = this.#bytes.length
    const length = before + piece.length
    if (before === 0) {
      this.#memory = undefined
      this.#bytes = piece
      return piece
    }
    if (this.#memory === undefined || this.#memory.length - this.#at < length) {
      this.#memory = Buffer.allocUnsafe(2 * length)
      this.#bytes.copy(this.#memory)
      this.#at = 0
    }
    piece.copy(this.#memory, this.#at + before)
    this.#bytes = this.#memory.subarray(this.#at, this.#at + length)
    return this.#bytes
  }

  /** Forgets the first `count` bytes. */
  drop(count: number): void {
    this.#at += count
    this.#bytes = count === this.#bytes.length ? nothing : this.#bytes.subarray(count)
  }
}
