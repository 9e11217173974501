import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AnswerContent,
  type DeltaContent,
  StreamTranscript,
  unaryHashes,
} from '../../../src/attestation/answer-transcript.ts'
import { contentHash } from '../../../src/attestation/content-hash.ts'
import { InvariantViolation } from '../../../src/base/assert.ts'
import { bytes32, zeroBytes32 } from '../../../src/domain/units.ts'

const sha256 = (...parts: readonly (string | Uint8Array)[]) =>
  `0x${hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part))))}`

const delta = (change: Partial<DeltaContent>): DeltaContent => ({
  index: 0,
  text: '',
  toolCalls: [],
  aside: '',
  ...change,
})

describe('AnswerContent', () => {
  test('joins the text of each choice, whatever the order in which they speak', () => {
    const content = new AnswerContent()
    for (const [index, text] of [
      [1, 'b'],
      [0, 'a'],
      [1, 'B'],
    ] as const) {
      content.add(delta({ index, text }))
    }
    expect(content.choices(2)).toEqual([
      { text: 'a', toolCalls: [] },
      { text: 'bB', toolCalls: [] },
    ])
    expect(content.choices(3)[2]).toEqual({ text: '', toolCalls: [] })
    expect(content.text).toBe('abB')
  })

  test('joins the parts of a tool call as the SDKs do: by index, arguments appended', () => {
    const content = new AnswerContent()
    const part = (fields: Record<string, unknown>) => content.add(delta({ toolCalls: [fields] }))
    part({ index: 1, id: 'two', type: 'function', function: { name: 'g', arguments: '' } })
    part({ index: 0, id: 'one', type: 'function', function: { name: 'f', arguments: '{"a"' } })
    part({ index: 0, function: { arguments: ':1}' } })
    part({ index: 1, function: { arguments: '{}' } })
    expect(content.choices(1)[0]?.toolCalls).toEqual([
      { id: 'one', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
      { id: 'two', type: 'function', function: { name: 'g', arguments: '{}' } },
    ])
  })

  test('calls in one piece have no index and keep their order', () => {
    const content = new AnswerContent()
    const calls = ['f', 'g'].map((name) => ({ id: name, function: { name, arguments: '{}' } }))
    content.add(delta({ toolCalls: calls }))
    expect(content.choices(1)[0]?.toolCalls).toEqual(calls)
  })

  test('counts the bytes of all that was written, asides too, and shows the same to a counter', () => {
    const content = new AnswerContent()
    content.add(delta({ text: 'é' }))
    content.add(delta({ aside: 'why' }))
    content.add(delta({ toolCalls: [{ index: 0, function: { name: 'f', arguments: '12' } }] }))
    content.add(delta({ toolCalls: [{ index: 0, function: { arguments: '34' } }] }))
    expect(content.byteLength).toBe(2 + 3 + 5)
    expect(content.text).toBe('éwhyf1234')
    // What stands beside an answer is no part of it.
    expect(content.choices(1)[0]?.text).toBe('é')
  })

  test('half a character counts no less than the whole that it becomes', () => {
    const content = new AnswerContent()
    for (const text of ['\ud83d', '\udcb6']) content.add(delta({ text }))
    expect(content.text).toBe('💶')
    expect(content.byteLength).toBeGreaterThanOrEqual(Buffer.byteLength('💶'))
  })

  test('odd calls are counted for what they are', () => {
    const content = new AnswerContent()
    for (const call of [
      {},
      { function: null },
      { function: { name: 7, arguments: {} } },
      { custom: { input: 'x' } },
    ]) {
      content.add(delta({ toolCalls: [call] }))
    }
    expect(content.byteLength).toBe(0)
    expect(content.choices(1)[0]?.toolCalls).toHaveLength(4)
  })
})

const job = { jobId: bytes32(`0x${'11'.repeat(32)}`), inputHash: zeroBytes32 }

describe('StreamTranscript', () => {
  test('an answer that passes as it came has one hash for both sides', () => {
    const transcript = new StreamTranscript(job)
    for (const block of ['data: 1\n\n', 'data: 2\n\n']) transcript.passed(Buffer.from(block))
    const { outputHash } = transcript.finishReceived(1)
    expect(outputHash).toBe(sha256('data: 1\n\ndata: 2\n\n'))
    expect(transcript.finishSent()).toBe(outputHash)
  })

  /** What may happen to an event, and the bytes of either side after it. */
  const happenings = {
    passed: (transcript: StreamTranscript, block: Buffer) => {
      transcript.passed(block)
      return { received: block, sent: block }
    },
    replaced: (transcript: StreamTranscript, block: Buffer, other: Buffer) => {
      transcript.replaced(block, other)
      return { received: block, sent: other }
    },
    dropped: (transcript: StreamTranscript, block: Buffer) => {
      transcript.replaced(block, Buffer.alloc(0))
      return { received: block, sent: '' }
    },
    added: (transcript: StreamTranscript, _block: Buffer, other: Buffer) => {
      transcript.added(other)
      return { received: '', sent: other }
    },
  }

  test('each side has the hash of its own bytes, in any mixture', () => {
    let differed = 0
    const anyBytes = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))
    const anyStep = fc.record({
      happening: fc.constantFrom(...Object.values(happenings)),
      block: anyBytes,
      other: anyBytes,
    })
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 12 }), anyBytes, (steps, closing) => {
        const transcript = new StreamTranscript(job)
        const sides = steps.map(({ happening, block, other }) =>
          happening(transcript, block, other),
        )
        const { outputHash } = transcript.finishReceived(1)
        transcript.added(closing)
        const responseHash = transcript.finishSent()
        expect(outputHash).toBe(sha256(...sides.map(({ received }) => received)))
        expect(responseHash).toBe(sha256(...sides.map(({ sent }) => sent), closing))
        if (outputHash !== responseHash) differed += 1
      }),
    )
    expect(differed).toBeGreaterThan(10)
  })

  test('what was received ends first', () => {
    expect(() => new StreamTranscript(job).finishSent()).toThrow(InvariantViolation)
  })
})

test('an answer in one piece has no chain, and its text in the content hash', () => {
  const content = new AnswerContent()
  content.add(delta({ text: 'hi' }))
  const received = Buffer.from('{}')
  expect(unaryHashes({ received, content, choiceCount: 1 })).toEqual({
    outputHash: sha256('{}'),
    contentHash: contentHash([{ text: 'hi', toolCalls: [] }]),
    streamRoot: zeroBytes32,
  })
})
