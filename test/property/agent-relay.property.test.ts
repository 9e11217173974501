/*
 * Whatever an engine writes and however the network cuts it: what the agent passes on, a gateway reads as the same events in
 * the same order, and hashes to what the agent signed.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StreamTranscript } from '../../src/attestation/answer-transcript.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { AnswerRelay, doneEvent, type RelayEnd } from '../../src/contributor/answer-relay.ts'
import { StreamCheckpoints } from '../../src/contributor/stream-checkpoints.ts'
import { address, bytes32 } from '../../src/domain/units.ts'
import { readChatEvent } from '../../src/upstream/chat-events.ts'
import type { OpenedAnswer } from '../../src/upstream/open-answer.ts'
import { SseReader } from '../../src/upstream/sse-reader.ts'
import { testDomain } from '../support/gateway-on-ledger.ts'
import { chunk, usageChunk, usageObject } from '../support/scripted-upstream.ts'

const privateKey = randomPrivateKey()
const job = { jobId: bytes32(`0x${'11'.repeat(32)}`), gateway: address(`0x${'6a'.repeat(20)}`) }
const inputHash = bytes32(`0x${'22'.repeat(32)}`)

type Sink = Parameters<OpenedAnswer['flow']>[0]

/** What was passed on when the engine wrote these pieces, and how it ended. */
async function relayed(
  pieces: readonly Buffer[],
): Promise<{ readonly sent: Buffer; readonly end: RelayEnd; readonly content: string }> {
  let sink: Sink | undefined
  const sent: Buffer[] = []
  const opened: OpenedAnswer = {
    contentType: 'text/event-stream',
    encodedWork: undefined,
    flow: (to) => {
      sink = to
    },
    resume: () => {},
    abort: () => {},
  }
  const begun = { durable: Promise.resolve(), signed: () => {}, over: () => {} }
  const signer = { contributor: addressOfPrivateKey(privateKey), privateKey, domain: testDomain }
  const checkpoints = new StreamCheckpoints({ signer, job, begun, nowMs: 0 })
  await begun.durable
  let nowMs = 0
  const relay = new AnswerRelay(opened, {
    ...{ job, inputHash, endpoint: 'chat/completions', choiceCount: 1, checkpoints },
    reply: {
      head: () => {},
      write: (bytes) => sent.push(Buffer.from(bytes)) > 0,
      ...{ end: () => {}, fail: () => {}, onDrain: () => {}, onGone: () => {} },
    },
    opening: { begin: () => {}, hashWith: () => {}, settle: () => {} },
    nowMs: () => {
      nowMs += 700
      return nowMs
    },
  })
  for (const piece of pieces) sink?.data(piece)
  sink?.end()
  const end = await relay.ended
  return { sent: Buffer.concat(sent), end, content: relay.transcript.content.text }
}

/** As a gateway does, in its own words: a comment of the contributor's own is in no hash. */
function hashedByGateway(sent: Buffer) {
  const transcript = new StreamTranscript({ jobId: job.jobId, inputHash })
  const reader = new SseReader()
  let checkpoints = 0
  reader.push(Buffer.concat([sent, doneEvent]), (block) => {
    if (block.toString('latin1').startsWith(': vouch-checkpoint ')) {
      checkpoints += 1
      return
    }
    transcript.passed(block)
    const event = readChatEvent(block)
    if (event.kind === 'chunk') for (const delta of event.deltas) transcript.content.add(delta)
  })
  return { hashes: transcript.finishReceived(1), checkpoints, unfinished: reader.unfinished.length }
}

const anyLineEnd = fc.constantFrom('\n', '\r\n', '\r')
const anyEvent = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme' }).map((content) => chunk({ content })) },
  { weight: 1, arbitrary: fc.constant(usageChunk(usageObject(3, 4))) },
  { weight: 1, arbitrary: fc.constant(chunk({ role: 'assistant', content: '' })) },
)
const anyBlock = fc.record({
  event: anyEvent,
  before: fc.constantFrom(
    '',
    '',
    ': ping{n}',
    '{n}{n}',
    'event: message{n}',
    ': vouch-work x{n}{n}',
    'id: 7{n}',
  ),
  end: anyLineEnd,
})
const anyStream = fc
  .tuple(fc.array(anyBlock, { minLength: 1, maxLength: 8 }), anyLineEnd)
  .map(([blocks, lastEnd]) => {
    const text = blocks.map(
      ({ event, before, end }) =>
        `${before.replaceAll('{n}', end)}data: ${JSON.stringify(event)}${end}${end}`,
    )
    const said = blocks.map(({ event }) => contentOf(event)).join('')
    return { bytes: Buffer.from(`${text.join('')}data: [DONE]${lastEnd}${lastEnd}`), said }
  })

const contentOf = (event: Record<string, unknown>): string => {
  const [choice] = event['choices'] as { delta?: { content?: string } }[]
  return choice?.delta?.content ?? ''
}

/** Cuts bytes at these places, each taken round the end. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b)
  return [...at, bytes.length].map((end, index) =>
    bytes.subarray(index === 0 ? 0 : at[index - 1], end),
  )
}

test('a gateway hashes what was passed on to what the agent has', async () => {
  let checkpoints = 0
  await fc.assert(
    fc.asyncProperty(anyStream, fc.array(fc.nat(), { maxLength: 30 }), async (stream, places) => {
      const { sent, end, content } = await relayed(cut(stream.bytes, places))
      const seen = hashedByGateway(sent)
      expect(end).toEqual({ kind: 'complete', hashes: seen.hashes })
      expect(content).toBe(stream.said)
      expect(seen.unfinished).toBe(0)
      expect(sent.includes('\r')).toBe(false)
      checkpoints += seen.checkpoints
    }),
  )
  expect(checkpoints).toBeGreaterThan(0)
})

test('where it is cut changes nothing, at any byte of it', async () => {
  const emoji = chunk({ content: 'Zürich 🌧' })
  const text = [emoji, chunk({}, 'stop')].map(
    (event) => `: x\r\ndata: ${JSON.stringify(event)}\r\n\r\n`,
  )
  const bytes = Buffer.from(`${text.join('')}data: [DONE]\r\n\r\n`)
  const whole = await relayed([bytes])
  expect(whole.end.kind).toBe('complete')
  for (let first = 1; first < bytes.length; first += 1) {
    for (const second of [first + 1, first + 3]) {
      expect(await relayed(cut(bytes, [first, second]))).toEqual(whole)
    }
  }
})

test('a stream that ends anywhere before its end is no answer, and half an event is never passed on', async () => {
  const events = [chunk({ content: 'Zürich' }), chunk({ content: ' 🌧' }), chunk({}, 'stop')]
  const bytes = Buffer.from(
    `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}`,
  )
  for (let length = 0; length < bytes.length; length += 1) {
    const { end, sent } = await relayed([bytes.subarray(0, length)])
    expect(end).toEqual({ kind: 'failed', why: 'engine_cut' })
    expect(sent.length === 0 || sent.toString().endsWith('\n\n')).toBe(true)
  }
  expect((await relayed([bytes])).end.kind).toBe('complete')
})
