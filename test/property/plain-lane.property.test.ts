/*
 * The lane and Node's server give the same answers to the same bytes, and whoever serves sees the same requests: whatever is
 * sent, however it is cut into pieces, and however many requests are sent without waiting.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Exchange } from '../../src/http/exchange.ts'
import { rawAnswerClient, sendError, watchClient } from '../../src/http/raw-response.ts'
import { readBody } from '../../src/http/read-body.ts'
import { converse, lanePath, openLaneSide, readAnswers } from '../support/lane-place.ts'

const bodyBytesMax = 64

/** What the gateway does with a request, by what its header says: refuses it unread, or sends its body back, maybe as a stream. */
async function serve({ incoming, outgoing }: Exchange): Promise<void> {
  const wish = incoming.headers['x-wish']
  const id = incoming.headers['x-client-request-id']
  if (typeof id === 'string') outgoing.setHeader('x-client-request-id', id)
  // A key that is looked up. Node calls no request complete in the turn in which its head came; the lane does where it is.
  await nextTurn()
  if (wish === 'stranger') return sendError(outgoing, { reason: 'invalid_api_key' }, 'req_1')
  const client = rawAnswerClient(outgoing, {
    cancellation: watchClient(outgoing),
    requestId: 'req_1',
    stallMs: 60_000,
    named: { 'x-receipt-id': 'rcpt_1' },
  })
  const body = await readBody(incoming, bodyBytesMax)
  if (!body.ok) return sendError(outgoing, body.error, 'req_1')
  if (wish === 'stream') {
    client.startStream({ 'x-vouch-attempts': '1' })
    client.write(Buffer.from('data: one\n\n'))
    client.write(Buffer.from('data: two\n\n'))
    await Promise.resolve()
    client.write(body.value)
    client.endStream(Buffer.from('data: [DONE]\n\n'), { signature: '0x1' })
  } else {
    client.answer({ 'x-vouch-attempts': '1' }, body.value)
  }
}

const lane = await openLaneSide((exchange) => void serve(exchange), { withLane: true })
const node = await openLaneSide((exchange) => void serve(exchange), { withLane: false })
afterAll(async () => {
  await lane.close()
  await node.close()
})

async function heard(side: typeof lane, pieces: readonly Buffer[]) {
  side.seen.length = 0
  const answers = readAnswers(await converse(side.port, pieces))
  return { answers, headers: side.seen.map(({ headers }) => headers) }
}

/**
 * The same of both; resolves with what the lane served itself. Node reads on while it serves, and a broken request behind a
 * good one takes the answer of that with it: so it gets what the lane took for a request alone, and then the rest. Where the
 * bytes are cut changes nothing of what they say: a request that ended elsewhere would be another one to Node.
 */
async function expectSame(pieces: readonly Buffer[]) {
  const bytes = Buffer.concat(pieces)
  const told = bytes.toString('latin1')
  const byLane = await heard(lane, pieces)
  const byNode = await heard(node, cutAt(pieces, endsInLane(bytes)))
  expect(byLane, told).toEqual(byNode)
  return {
    inLane: lane.seen.filter(({ inLane }) => inLane).length,
    statuses: byLane.answers.map(({ head }) => head.slice(9, 12)),
  }
}

/** Where each request ended that the lane served: they are the first of their connection. */
function endsInLane(bytes: Buffer): readonly number[] {
  const ends: number[] = []
  for (const { headers, inLane } of lane.seen) {
    if (!inLane) break
    const head = bytes.indexOf('\r\n\r\n', ends.at(-1) ?? 0) + 4
    ends.push(head + Number(headers['content-length']))
  }
  return ends
}

/** The same bytes, with cuts at these positions as well. */
function cutAt(pieces: readonly Buffer[], positions: readonly number[]): Buffer[] {
  let end = 0
  return pieces.flatMap((piece) => {
    const start = end
    end += piece.length
    const inside = positions.filter((at) => at > start && at < end).toSorted((a, b) => a - b)
    const starts = [0, ...inside.map((at) => at - start)]
    return starts.map((from, index) => piece.subarray(from, starts[index + 1]))
  })
}

const request = (body: string, lines: readonly string[] = []): Buffer =>
  Buffer.from(
    `POST ${lanePath} HTTP/1.1\r\n${['host: x', ...lines, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`,
    'latin1',
  )

describe('plain requests', () => {
  test('of every kind are answered in their order, and all in the lane', async () => {
    const pipeline = Buffer.concat([
      request('{"a":1}'),
      request('{"b":2}', ['x-wish: stream', 'x-client-request-id: mine']),
      request('{"c":3}', ['accept: */*']),
      request('{"d":4}', ['x-wish: stranger']),
      request('x'.repeat(bodyBytesMax + 1)),
      request('{"e":5}', ['X-Client-Request-ID: mine too']),
    ])
    const { inLane, statuses } = await expectSame([pipeline])
    expect(statuses).toEqual(['200', '200', '200', '401', '413', '200'])
    expect(inLane).toBe(6)
  })

  test('cut into two anywhere are answered the same', async () => {
    const pipeline = Buffer.concat([request('{"a":1}'), request('{"b":2}', ['x-wish: stream'])])
    let inLane = 0
    for (let at = 1; at < pipeline.length; at += 1) {
      inLane += (await expectSame([pipeline.subarray(0, at), pipeline.subarray(at)])).inLane
    }
    // Each cut but those in the first head leaves it the first request, and some the second.
    expect(inLane).toBeGreaterThan(pipeline.length / 2)
  })

  test('byte by byte behind the head are answered by the lane', async () => {
    const bytes = request('{"a":1}')
    const head = bytes.length - 7
    const pieces = [...bytes.subarray(head)].map((byte) => Buffer.of(byte))
    expect(await expectSame([bytes.subarray(0, head), ...pieces])).toMatchObject({ inLane: 1 })
  })

  test('refused while they are being sent are read to their end, and the connection ends', async () => {
    const bytes = request('x'.repeat(200), ['x-wish: stranger'])
    const pieces = [bytes.subarray(0, 100), bytes.subarray(100, 150), bytes.subarray(150)]
    const { inLane, statuses } = await expectSame([...pieces, request('{}')])
    expect(statuses).toEqual(['401'])
    expect(inLane).toBe(1)
  })

  test('too large while they are being sent too', async () => {
    const bytes = request('x'.repeat(500))
    expect(await expectSame([bytes.subarray(0, 100), bytes.subarray(100)])).toMatchObject({
      inLane: 1,
      statuses: ['413'],
    })
  })

  test('of which half was sent are told that they are broken', async () => {
    const bytes = request('{"a":1}')
    for (let left = 1; left <= 7; left += 1) {
      const { inLane, statuses } = await expectSame([bytes.subarray(0, -left)])
      expect(inLane).toBe(1)
      expect(statuses).toEqual(['400'])
    }
  })
})

describe('what is not plain', () => {
  const body = '{"a":1}'
  const plain = request(body)
  const after = request('{"b":2}')
  const edited = (from: string | RegExp, to: string) =>
    Buffer.from(plain.toString('latin1').replace(from, to), 'latin1')

  test.each([
    ['a length and a coding', edited('host: x', 'host: x\r\ntransfer-encoding: chunked')],
    ['a coding in capitals', edited('host: x', 'host: x\r\nTRANSFER-ENCODING: chunked')],
    ['a coding behind a space', edited('host: x', 'host: x\r\ntransfer-encoding : chunked')],
    ['a coding on a folded line', edited('host: x', 'host: x\r\ntransfer-encoding:\r\n chunked')],
    ['a coding that nobody knows', edited('host: x', 'host: x\r\ntransfer-encoding: xchunked')],
    ['two lengths', edited('host: x', 'host: x\r\ncontent-length: 0')],
    ['two equal lengths', edited('host: x', 'host: x\r\ncontent-length: 7')],
    ['a list of lengths', edited('length: 7', 'length: 7, 7')],
    ['a signed length', edited('length: 7', 'length: +7')],
    ['a long length', edited('length: 7', 'length: 99999999999999999999')],
    ['a length of zero', edited('length: 7', 'length: 0')],
    ['LF alone', edited(/\r\n/g, '\n')],
    ['LF alone once', edited('host: x\r\n', 'host: x\n')],
    ['CR alone', edited('host: x\r\n', 'host: x\r')],
    ['a NUL', edited('host: x', 'host: x\0')],
    ['obs-text', edited('host: x', 'host: x\xe9')],
    ['no host', edited('host: x\r\n', '')],
    ['two hosts', edited('host: x', 'host: x\r\nhost: y')],
    ['a small method', edited('POST', 'post')],
    ['another method', edited('POST', 'PUT')],
    ['an absolute form', edited(lanePath, `http://x${lanePath}`)],
    ['a query', edited(lanePath, `${lanePath}?a=1`)],
    ['HTTP/1.0', edited('HTTP/1.1', 'HTTP/1.0')],
    ['HTTP/1.2', edited('HTTP/1.1', 'HTTP/1.2')],
    ['connection: close', edited('host: x', 'host: x\r\nconnection: close')],
    ['an expectation', edited('host: x', 'host: x\r\nexpect: 100-continue')],
    ['another expectation', edited('host: x', 'host: x\r\nexpect: the worst')],
    ['a page', edited('host: x', 'host: x\r\norigin: https://app.example')],
    ['a header twice', edited('host: x', 'host: x\r\nx-a: 1\r\nX-A: 2')],
    ['a long head', edited('host: x', `host: x\r\nx-long: ${'x'.repeat(9_000)}`)],
    ['too long a head', edited('host: x', `host: x\r\nx-long: ${'x'.repeat(20_000)}`)],
    ['empty lines before', Buffer.concat([Buffer.from('\r\n\r\n'), plain])],
    ['no HTTP', Buffer.from('EHLO x\r\n\r\n')],
  ])('%s is Node’s, alone and behind plain requests', async (_what, bytes) => {
    const first = await expectSame([bytes, after])
    expect(first.inLane).toBe(0)
    expect((await expectSame([plain, Buffer.concat([bytes, after])])).inLane).toBe(1)
    expect((await expectSame([Buffer.concat([plain, bytes, after])])).inLane).toBe(1)
  })
})

test('any requests in any pieces', async () => {
  let inLane = 0
  let refused = 0
  let answered = 0
  const often = <T>(usual: T, ...others: T[]) =>
    fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, fc.constantFrom(...others))
  const anyLine = fc.constantFrom(
    'x-wish: stream',
    'x-wish: stranger',
    'x-client-request-id: mine',
    'Connection: keep-alive',
    'accept: */*',
    'te: trailers',
    'connection: close',
    'transfer-encoding: chunked',
    'content-length: 3',
    'x-folded: a\r\n b',
    'x bad: 1',
  )
  const anyRequest = fc
    .record({
      method: often('POST', 'GET', 'post'),
      path: often(lanePath, '/', `${lanePath}/`),
      version: often('HTTP/1.1', 'HTTP/1.0', 'HTTP/1,1'),
      host: often('Host: x', 'host:', 'host : x'),
      lines: fc.array(anyLine, { maxLength: 2 }),
      body: fc.string({ minLength: 1, maxLength: 80 }).map((text) => text.replaceAll(/\W/g, '0')),
      lengthOff: often(0, 1, -1, 40),
      lineEnd: often('\r\n', '\n', '\r'),
    })
    .map(({ method, path, version, host, lines, body, lengthOff, lineEnd }) => {
      const length = `content-length: ${Math.max(body.length + lengthOff, 0)}`
      const head = [`${method} ${path} ${version}`, host, ...lines, length, '', '']
      return Buffer.from(head.join(lineEnd) + body)
    })
  const anyPieces = fc
    .tuple(
      fc.array(anyRequest, { minLength: 1, maxLength: 3 }),
      fc.uniqueArray(fc.nat(500), { maxLength: 3 }),
    )
    .map(([requests, cuts]) => cutAt([Buffer.concat(requests)], cuts))
  await fc.assert(
    fc.asyncProperty(anyPieces, async (pieces) => {
      const came = await expectSame(pieces)
      answered += came.statuses.filter((status) => status === '200').length
      inLane += came.inLane
      if (came.statuses.includes('400')) refused += 1
    }),
    { numRuns: 300 },
  )
  expect(inLane).toBeGreaterThan(0)
  expect(answered).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})
