/*
 * Answers of any making, cut anywhere, read by our own client and by undici from the same bytes. What ours takes for an
 * answer is the answer that undici reads; it may be stricter, and says then that it is malformed. Nothing is read beyond the
 * end of an answer, and no bytes whatsoever make it do anything else than to answer or to fail.
 */
import { createServer, type Server } from 'node:net'
import fc from 'fast-check'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AnswerParser } from '../../src/upstream/wire/answer-parser.ts'
import { IncomingBytes } from '../../src/upstream/wire/incoming-bytes.ts'

type Read = { readonly status: number; readonly body: string }
type Outcome = Read & { readonly end: 'whole' | 'open' | 'malformed'; readonly left: number }

/** What is read of these pieces, and whether the connection ended behind them. */
function readByUs(pieces: readonly Buffer[], isEnded: boolean): Outcome {
  const parser = new AnswerParser()
  parser.begin()
  const memory = Buffer.alloc(pieces.reduce((most, { length }) => Math.max(most, length), 1))
  let status = 0
  let body = ''
  let left = 0
  const chunks: Buffer[] = []
  const sink = {
    isPaused: false,
    answered: (told: number) => {
      status = told
    },
    received: (chunk: Buffer) => void chunks.push(chunk),
  }
  for (const piece of pieces) {
    // The memory is used again for each piece, as that of a connection is.
    piece.copy(memory)
    const incoming = IncomingBytes.lent(memory, piece.length)
    if (!parser.isMalformed) parser.read(incoming, sink)
    left += incoming.left
  }
  if (isEnded) parser.end()
  for (const chunk of chunks) body += chunk.toString('latin1')
  const end = parser.isMalformed ? 'malformed' : parser.isWhole ? 'whole' : 'open'
  return { status, body, end, left }
}

const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const value = fc.stringMatching(/^[!-~]{0,12}$/)
const field = fc.tuple(token, value).map(([name, text]) => `x-${name}: ${text}`)
const data = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))

const chunked = fc
  .array(fc.tuple(data, fc.constantFrom('', ';a', ';a=b')), { maxLength: 4 })
  .map((chunks) => {
    const filled = chunks.filter(([bytes]) => bytes.length > 0)
    const coded = filled.flatMap(([bytes, extension]) => [
      Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`),
      bytes,
      Buffer.from('\r\n'),
    ])
    return Buffer.concat([...coded, Buffer.from('0\r\n\r\n')])
  })

/** Well made, mostly: each with how its body ends. */
const answer = fc
  .record({
    status: fc.constantFrom('200 OK', '200', '201 ', '204 No Content', '400 Bad', '500 Oops'),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
    fields: fc.array(field, { maxLength: 3 }),
    closes: fc.boolean(),
    interim: fc.constantFrom('', '', 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'),
    body: fc.oneof(
      data.map((bytes) => ({ framing: [`content-length: ${bytes.length}`], bytes })),
      chunked.map((bytes) => ({ framing: ['transfer-encoding: chunked'], bytes })),
      data.map((bytes) => ({ framing: [] as string[], bytes })),
    ),
  })
  .map(({ status, version, fields, closes, interim, body }) => {
    // Chunks are newer than HTTP/1.0.
    const isOld = version === '1.0' && !body.framing.some((line) => line.includes('chunked'))
    const close = closes || isOld ? ['connection: close'] : []
    const lines = [
      `HTTP/${isOld ? '1.0' : '1.1'} ${status}`,
      ...fields,
      ...body.framing,
      ...close,
      '',
      '',
    ]
    const bytes = status.startsWith('204') ? Buffer.alloc(0) : body.bytes
    return Buffer.concat([Buffer.from(interim + lines.join('\r\n'), 'latin1'), bytes])
  })

const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('change', 'remove', 'insert', 'cut'),
  bytes: fc.constantFrom('\r', '\n', '\r\n', '\0', ' ', '\t', ':', ';', '0', '5', 'f', 'x', '\x80'),
})

function damaged(
  bytes: Buffer,
  { at, kind, bytes: other }: { at: number; kind: string; bytes: string },
): Buffer {
  const index = Math.min(Math.floor(at * bytes.length), bytes.length - 1)
  const before = bytes.subarray(0, index)
  if (kind === 'cut') return Buffer.from(before)
  const after = bytes.subarray(kind === 'insert' ? index : index + 1)
  return Buffer.concat([before, Buffer.from(kind === 'remove' ? '' : other, 'latin1'), after])
}

function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((cut) => Math.floor(cut * bytes.length)).toSorted((a, b) => a - b)
  const edges = [0, ...places, bytes.length]
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

describe('an answer', () => {
  test('is read the same wherever it is cut, damaged or not, and never beyond its end', () => {
    const ends = { whole: 0, open: 0, malformed: 0 }
    fc.assert(
      fc.property(answer, fc.option(damage), cuts, fc.boolean(), (made, harm, at, isEnded) => {
        const bytes = harm === null ? made : damaged(made, harm)
        const atOnce = readByUs([bytes], isEnded)
        ends[atOnce.end] += 1
        const inPieces = readByUs(piecesOf(bytes, at), isEnded)
        const byteByByte = readByUs(
          piecesOf(
            bytes,
            Array.from(bytes, (_, index) => index / bytes.length),
          ),
          isEnded,
        )
        for (const cut of [inPieces, byteByByte]) {
          expect({ ...cut, left: 0 }).toEqual({ ...atOnce, left: 0 })
          if (atOnce.end === 'whole') expect(cut.left).toBe(atOnce.left)
        }
      }),
      { numRuns: 1_000 },
    )
    expect(Math.min(ends.whole, ends.open, ends.malformed)).toBeGreaterThan(30)
  })

  test('may be followed by any bytes, which are left alone', () => {
    let followed = 0
    fc.assert(
      fc.property(answer, fc.uint8Array({ minLength: 1, maxLength: 50 }), (made, more) => {
        const alone = readByUs([made], false)
        // Without a length everything that follows is its body.
        if (alone.end !== 'whole') return
        followed += 1
        const both = readByUs([Buffer.concat([made, more])], false)
        expect(both).toEqual({ ...alone, left: more.length })
      }),
      { numRuns: 500 },
    )
    expect(followed).toBeGreaterThan(200)
  })

  test('is made of no bytes whatsoever that do harm', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), fc.boolean(), (pieces, isEnded) => {
        const { end } = readByUs(
          [Buffer.from('HTTP/1.1 200'), ...pieces.map((one) => Buffer.from(one))],
          isEnded,
        )
        expect(['whole', 'open', 'malformed']).toContain(end)
      }),
      { numRuns: 500 },
    )
  })
})

describe('undici, of the same bytes,', () => {
  let server: Server
  let pool: Pool
  let bytes = Buffer.alloc(0)

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => socket.end(bytes))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    pool = new Pool(`http://127.0.0.1:${(server.address() as { port: number }).port}`)
  })
  afterAll(async () => {
    await pool.destroy()
    server.close()
  })

  async function readByUndici(said: Buffer): Promise<Read | undefined> {
    bytes = said as Buffer<ArrayBuffer>
    try {
      const { statusCode, body } = await pool.request({ method: 'POST', path: '/', body: '{}' })
      const read = Buffer.from(await body.arrayBuffer())
      return { status: statusCode, body: read.toString('latin1') }
    } catch {
      return undefined
    }
  }

  test('reads the answer that we read, or none', async () => {
    const seen = { agreed: 0, refusedByBoth: 0, stricter: 0 }
    await fc.assert(
      fc.asyncProperty(answer, fc.option(damage, { freq: 2 }), async (made, harm) => {
        const said = harm === null ? made : damaged(made, harm)
        const ours = readByUs([said], true)
        const theirs = await readByUndici(said)
        if (ours.end === 'whole') {
          seen.agreed += 1
          expect({ status: ours.status, body: ours.body }).toEqual(theirs)
        } else if (theirs === undefined) seen.refusedByBoth += 1
        else {
          seen.stricter += 1
          expect(harm).not.toBeNull()
        }
      }),
      { numRuns: 400 },
    )
    expect(seen.agreed).toBeGreaterThan(150)
    expect(seen.refusedByBoth).toBeGreaterThan(20)
  })
})
