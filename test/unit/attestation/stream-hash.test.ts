import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startStreamHash } from '../../../src/attestation/stream-hash.ts'
import { InvariantViolation } from '../../../src/base/assert.ts'
import { sseEventBytesMax } from '../../../src/base/limits.ts'
import { type Bytes32, bytes32 } from '../../../src/domain/units.ts'

const jobId = bytes32(`0x${'11'.repeat(32)}`)
const inputHash = bytes32(`0x${'22'.repeat(32)}`)

/** The definition, link by link and with nothing shared with the code under test. */
function chainByDefinition(start: { jobId: Bytes32; inputHash: Bytes32 }, events: Uint8Array[]) {
  let link = createHash('sha256')
    .update('vouch-stream/1', 'utf8')
    .update(Buffer.from(start.jobId.slice(2), 'hex'))
    .update(Buffer.from(start.inputHash.slice(2), 'hex'))
    .digest()
  for (const event of events) {
    const length = Buffer.from(event.length.toString(16).padStart(8, '0'), 'hex')
    link = createHash('sha256').update(link).update(length).update(event).digest()
  }
  return `0x${link.toString('hex')}`
}

function hashesOf(events: Uint8Array[], start = { jobId, inputHash }) {
  const stream = startStreamHash(start)
  for (const event of events) stream.event(event)
  return stream.finish()
}

const text = (content: string) => Buffer.from(content, 'utf8')

describe('startStreamHash', () => {
  test('gives the published vector of two events', () => {
    const hashes = hashesOf([text('data: {"a":1}\n\n'), text('data: [DONE]\n\n')])
    // Computed once with Python's hashlib from the definition in docs/engine.md.
    expect(hashes).toEqual({
      streamRoot: '0x5b59ffe6eee860ccd50b7078d249e2ea60f0c3952b82a14f5eb32386e5117299',
      outputHash: '0x9aeb47f386d7cbcec405aaf0909a98141fce39237a411a656ad8695ff028fd46',
      eventCount: 2,
      byteCount: 29,
    })
  })

  test('an empty stream is the link that names job and input', () => {
    const hashes = hashesOf([])
    expect(hashes.streamRoot).toBe(chainByDefinition({ jobId, inputHash }, []))
    expect(hashes.outputHash).toBe(`0x${createHash('sha256').digest('hex')}`)
  })

  test('equals the definition for any events, interleaved with another stream', () => {
    let compared = 0
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 6000 }), { maxLength: 12 }),
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }),
        (events, others) => {
          const other = { jobId: bytes32(`0x${'33'.repeat(32)}`), inputHash }
          const one = startStreamHash({ jobId, inputHash })
          const two = startStreamHash(other)
          for (let at = 0; at < 12; at += 1) {
            const first = events[at]
            const second = others[at]
            if (first !== undefined) one.event(first)
            if (second !== undefined) two.event(second)
          }
          expect(one.finish().streamRoot).toBe(chainByDefinition({ jobId, inputHash }, events))
          expect(two.finish().streamRoot).toBe(chainByDefinition(other, others))
          compared += events.length
        },
      ),
      { numRuns: 50 },
    )
    expect(compared).toBeGreaterThan(0)
  })

  test('the same bytes cut into other events give another root and the same output hash', () => {
    const whole = hashesOf([text('data: 1\n\ndata: 2\n\n')])
    const cut = hashesOf([text('data: 1\n\n'), text('data: 2\n\n')])
    expect(cut.streamRoot).not.toBe(whole.streamRoot)
    expect(cut.outputHash).toBe(whole.outputHash)
  })

  test('another job or another input gives another root', () => {
    const events = [text('data: 1\n\n')]
    const roots = [
      hashesOf(events).streamRoot,
      hashesOf(events, { jobId: inputHash, inputHash }).streamRoot,
      hashesOf(events, { jobId, inputHash: jobId }).streamRoot,
    ]
    expect(new Set(roots).size).toBe(3)
  })

  test('a fork of the output hash goes on by itself', () => {
    const stream = startStreamHash({ jobId, inputHash })
    stream.event(text('data: 1\n\n'))
    const fork = stream.forkOutput()
    stream.event(text('data: 2\n\n'))
    fork.update('data: other\n\n')
    const sha256 = (content: string) => createHash('sha256').update(content).digest('hex')
    expect(fork.digest('hex')).toBe(sha256('data: 1\n\ndata: other\n\n'))
    expect(stream.finish().outputHash).toBe(`0x${sha256('data: 1\n\ndata: 2\n\n')}`)
  })

  test('keeps no reference to the bytes', () => {
    const reused = text('data: 1\n\n')
    const stream = startStreamHash({ jobId, inputHash })
    stream.event(reused)
    reused.fill(0)
    const expected = chainByDefinition({ jobId, inputHash }, [text('data: 1\n\n')])
    expect(stream.finish().streamRoot).toBe(expected)
  })

  test('an event above the limit and anything after the end break an invariant', () => {
    const stream = startStreamHash({ jobId, inputHash })
    const tooLong = new Uint8Array(sseEventBytesMax + 1)
    expect(() => stream.event(tooLong)).toThrow(InvariantViolation)
    stream.finish()
    expect(() => stream.event(text('data: 1\n\n'))).toThrow(InvariantViolation)
    expect(() => stream.finish()).toThrow(InvariantViolation)
  })
})
