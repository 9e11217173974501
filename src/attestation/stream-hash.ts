/*
 * The hash chain over the events of one stream. Contributor and gateway both run this file over the bytes that they
 * wrote and read, so they agree or the answer is not attested.
 *
 *   h0 = sha256("vouch-stream/1" ‖ jobId ‖ inputHash)
 *   hi = sha256(h(i-1) ‖ uint32be(length of event i) ‖ event i)
 *   streamRoot = the last h
 *
 * An event is one server-sent-event block with the blank line that ends it, `data: [DONE]\n\n` included, whatever the
 * network did to its chunks.
 */
import { createHash, type Hash, hash } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { fromHex } from '../base/hex.ts'
import { sseEventBytesMax } from '../base/limits.ts'
import { type Bytes32, bytes32 } from '../domain/units.ts'

type StreamHashes = {
  readonly streamRoot: Bytes32
  /** sha256 of all event bytes in order. */
  readonly outputHash: Bytes32
  readonly eventCount: number
  readonly byteCount: number
}

export type StreamHash = {
  /** Appends one whole event of at most `sseEventBytesMax` bytes. The bytes are read before it returns, never kept. */
  readonly event: (bytes: Uint8Array) => void
  /** The last link so far: what `streamRoot` would be, did the stream end here. */
  readonly link: () => Bytes32
  /** A copy of the running output hash: what a relay that begins to rewrite the stream continues with. */
  readonly forkOutput: () => Hash
  /** The hashes over everything appended so far. Called once: a stream has one end. */
  readonly finish: () => StreamHashes
}

const linkBytes = 32
const lengthBytes = 4
const domainTag = Buffer.from('vouch-stream/1')

// One buffer serves every stream because an event is hashed before the call returns: a link is put together here so that
// it can be hashed by one call into OpenSSL instead of five.
let scratch = Buffer.allocUnsafe(4096)

/** Starts the chain of one stream: `jobId` names the job, `inputHash` is the sha256 of the request bytes. */
export function startStreamHash(start: {
  readonly jobId: Bytes32
  readonly inputHash: Bytes32
}): StreamHash {
  const output = createHash('sha256')
  const seed = Buffer.concat([domainTag, fromHex(start.jobId), fromHex(start.inputHash)])
  let link = hash('sha256', seed, 'latin1')
  let eventCount = 0
  let byteCount = 0
  let finished = false

  return {
    event: (bytes) => {
      assert(!finished, 'a finished stream takes no event')
      assert(bytes.length <= sseEventBytesMax, 'an event stays below its limit')
      output.update(bytes)
      link = nextLink(link, bytes)
      eventCount += 1
      byteCount += bytes.length
    },
    link: () => linkOf(link),
    forkOutput: () => output.copy(),
    finish: () => {
      assert(!finished, 'a stream is finished once')
      finished = true
      return {
        streamRoot: linkOf(link),
        outputHash: bytes32(`0x${output.digest('hex')}`),
        eventCount,
        byteCount,
      }
    },
  }
}

const linkOf = (link: string): Bytes32 =>
  bytes32(`0x${Buffer.from(link, 'latin1').toString('hex')}`)

/** Links are latin1 strings: a digest as a string costs a third of a digest as a Buffer (0.6 against 1.7 µs an event). */
function nextLink(link: string, event: Uint8Array): string {
  const length = linkBytes + lengthBytes + event.length
  if (length > scratch.length) scratch = Buffer.allocUnsafe(2 ** Math.ceil(Math.log2(length)))
  scratch.write(link, 0, 'latin1')
  scratch.writeUInt32BE(event.length, linkBytes)
  scratch.set(event, linkBytes + lengthBytes)
  return hash('sha256', scratch.subarray(0, length), 'latin1')
}
