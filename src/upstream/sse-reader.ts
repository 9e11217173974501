/*
 * Bytes of a server-sent-event stream → whole blocks, each with the blank line that ends it. Works on bytes, so a
 * character split over two chunks is never decoded in halves. Source: WHATWG HTML, section 9.2 (lines end in LF, CRLF or CR).
 */
import { JoinedBytes } from '../base/joined-bytes.ts'
import { sseEventBytesMax } from '../base/limits.ts'

const lf = 0x0a
const cr = 0x0d
const lineFeeds = Buffer.from('\n\n')

/** One stream's reader. Blocks are views into the chunks they came in: read them before the call returns, or copy. */
export class SseReader {
  readonly #rest = new JoinedBytes()
  /** Where the search for a block's end goes on, so that a long block is not searched from its start for every chunk. */
  #searched = 0

  /** Calls `onBlock` for each block that `chunk` completes. False when a block grows beyond its bound: give up then. */
  push(chunk: Buffer, onBlock: (block: Buffer) => void): boolean {
    const data = this.#rest.add(chunk)
    let start = 0
    let from = this.#searched
    for (;;) {
      const end = blockEnd(data, from)
      if (end === -1) break
      if (end - start > sseEventBytesMax) return false
      // Blank lines between blocks belong to no block.
      if (!isBlank(data, start, end)) onBlock(data.subarray(start, end))
      start = end
      from = end
    }
    this.#rest.drop(start)
    const left = data.length - start
    this.#searched = Math.max(0, left - 3)
    return left <= sseEventBytesMax
  }

  /** Bytes after the last whole block: a stream that was cut leaves some. */
  get unfinished(): Buffer {
    return this.#rest.bytes
  }
}

/** Index after the first blank line at or behind `from`; -1 when there is none yet. */
function blockEnd(data: Buffer, from: number): number {
  const plain = data.indexOf(lineFeeds, from)
  const firstCr = data.indexOf(cr, from)
  if (firstCr === -1 || (plain !== -1 && plain < firstCr)) return plain === -1 ? -1 : plain + 2
  return blockEndWithCr(data, from)
}

function blockEndWithCr(data: Buffer, from: number): number {
  let index = from
  while (index < data.length) {
    const line = lineEnd(data, index)
    if (line === undefined) return -1
    const next = lineEnd(data, line.after)
    if (next === undefined) return -1
    if (next.at === line.after) return next.after
    index = line.after
  }
  return -1
}

/** The first line end at or behind `from`. A CR as the last byte is undecided: its LF may be in the next chunk. */
function lineEnd(data: Buffer, from: number): { at: number; after: number } | undefined {
  for (let at = from; at < data.length; at += 1) {
    if (data[at] === lf) return { at, after: at + 1 }
    if (data[at] !== cr) continue
    if (at + 1 === data.length) return undefined
    return { at, after: data[at + 1] === lf ? at + 2 : at + 1 }
  }
  return undefined
}

function isBlank(data: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    if (data[index] !== lf && data[index] !== cr) return false
  }
  return true
}
