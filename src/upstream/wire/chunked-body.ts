/*
 * The chunked coding (RFC 9112, section 7.1), wherever the bytes are cut. Extensions and trailers are skipped: nobody here
 * asked for them.
 *
 *   SIZE --;--> EXTENSION --CR--> SIZE_END --LF--> DATA --all of it--> DATA_END --CR--> NEXT --LF--> SIZE
 *   SIZE --CR--> SIZE_END       SIZE_END of an empty chunk --LF--> LINE --CR--> END --LF--> WHOLE
 *   LINE --a name--> TRAILER --CR--> TRAILER_END --LF--> LINE               anything else --> MALFORMED
 */
import { isContentByte, isTokenByte } from './field-bytes.ts'
import type { IncomingBytes } from './incoming-bytes.ts'

type State =
  | 'size'
  | 'extension'
  | 'size_end'
  | 'data'
  | 'data_end'
  | 'next'
  | 'line'
  | 'trailer'
  | 'trailer_end'
  | 'end'
  | 'whole'
  | 'malformed'

/** Chunks are below 4 GiB: what needs more digits is no size that anybody means. */
const sizeDigitsMax = 8
/** Of what surrounds one chunk, and of all trailers. */
const surroundingBytesMax = 16 * 1024

const cr = 0x0d
const lf = 0x0a
const nothing: Buffer = Buffer.alloc(0)

export class ChunkedBody {
  #state: State = 'size'
  #size = 0
  #digits = 0
  /** Of the current chunk, that are not here yet. */
  #left = 0
  #surrounding = 0

  get isWhole(): boolean {
    return this.#state === 'whole'
  }

  get isMalformed(): boolean {
    return this.#state === 'malformed'
  }

  /** What all the chunks hold that came; reads no further than to the end of the body, or to what is malformed. */
  read(incoming: IncomingBytes): Buffer {
    let data = nothing
    let length = 0
    while (incoming.left > 0 && !this.isWhole && !this.isMalformed) {
      if (this.#state !== 'data') {
        this.#state = this.#after(incoming.next())
        continue
      }
      const count = Math.min(this.#left, incoming.left)
      // Whatever else comes of it in this call, it is no longer than what there is.
      if (data.length === 0) data = Buffer.allocUnsafe(incoming.left)
      incoming.copyTo(data, { at: length, count })
      length += count
      this.#left -= count
      if (this.#left === 0) this.#state = 'data_end'
    }
    return data.subarray(0, length)
  }

  #after(byte: number): State {
    this.#surrounding += 1
    if (this.#surrounding > surroundingBytesMax) return 'malformed'
    switch (this.#state) {
      case 'size':
        return this.#afterSizeByte(byte)
      case 'extension':
        return isContentByte(byte) ? 'extension' : expect(byte, cr, 'size_end')
      case 'size_end':
        return byte === lf ? this.#begin() : 'malformed'
      case 'data_end':
        return expect(byte, cr, 'next')
      case 'next':
        return expect(byte, lf, 'size')
      case 'line':
        return isTokenByte(byte) ? 'trailer' : expect(byte, cr, 'end')
      case 'trailer':
        return isContentByte(byte) ? 'trailer' : expect(byte, cr, 'trailer_end')
      case 'trailer_end':
        return expect(byte, lf, 'line')
      case 'end':
        return expect(byte, lf, 'whole')
      case 'data':
      case 'whole':
      case 'malformed':
        return 'malformed'
    }
  }

  #afterSizeByte(byte: number): State {
    const digit = hexDigit(byte)
    if (digit !== undefined) {
      this.#digits += 1
      this.#size = this.#size * 16 + digit
      return this.#digits <= sizeDigitsMax ? 'size' : 'malformed'
    }
    if (this.#digits === 0) return 'malformed'
    return byte === 0x3b ? 'extension' : expect(byte, cr, 'size_end')
  }

  #begin(): State {
    this.#left = this.#size
    this.#size = 0
    this.#digits = 0
    if (this.#left === 0) return 'line'
    this.#surrounding = 0
    return 'data'
  }
}

const expect = (byte: number, expected: number, state: State): State =>
  byte === expected ? state : 'malformed'

function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined
}
