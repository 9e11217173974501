/*
 * However the network cuts a stream, and however its lines end, the same blocks come out.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sseEventBytesMax } from '../../src/base/limits.ts'
import { SseReader } from '../../src/upstream/sse-reader.ts'

function read(pieces: readonly Buffer[]): { blocks: string[]; rest: string; bounded: boolean } {
  const reader = new SseReader()
  const blocks: string[] = []
  const bounded = pieces.every((piece) =>
    // A view is gone after the call, as with a socket's buffer that is used again.
    reader.push(Buffer.from(piece), (block) => blocks.push(block.toString('latin1'))),
  )
  return { blocks, rest: reader.unfinished.toString('latin1'), bounded }
}

/** Cuts at these places, counted in thousandths of the length. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => Math.floor((place * bytes.length) / 1000)))].sort(
    (a, b) => a - b,
  )
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index]))
}

/** By the words of the specification: lines, gathered up to each empty one. */
function linesByDefinition(text: string): string[][] {
  const groups: string[][] = []
  let group: string[] = []
  for (const line of text.split(/\r\n|\n|\r/).slice(0, -1)) {
    if (line !== '') group.push(line)
    else if (group.length > 0) {
      groups.push(group)
      group = []
    }
  }
  return groups
}

const linesOf = (block: string): string[] => block.split(/\r\n|\n|\r/).filter((line) => line !== '')

const anyEnd = fc.constantFrom('\n', '\r\n', '\r')
const anyLine = fc.oneof(
  fc.constantFrom('data: {"a":1}', 'data:', ':', ': keep-alive', 'event: x', 'data: [DONE]', ''),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, '')),
)
/** Ends in an empty line of LF, so that nothing stays undecided. */
const anyStream = fc
  .array(fc.tuple(anyLine, anyEnd), { maxLength: 30 })
  .map((lines) => Buffer.from(`${lines.map((line) => line.join('')).join('')}\n\n`))
const anyCuts = fc.array(fc.nat(1000), { maxLength: 12 })

test('blocks are those of the specification, wherever the stream is cut', () => {
  let blocks = 0
  fc.assert(
    fc.property(anyStream, anyCuts, (bytes, places) => {
      const whole = read([bytes])
      const pieces = read(cut(bytes, places))
      expect(pieces).toEqual(whole)
      expect(whole.blocks.map(linesOf)).toEqual(linesByDefinition(bytes.toString('latin1')))
      blocks += whole.blocks.length
    }),
    { numRuns: 2000 },
  )
  expect(blocks).toBeGreaterThan(1000)
})

test('byte by byte is no other than at once', () => {
  let blocks = 0
  fc.assert(
    fc.property(anyStream, (bytes) => {
      const single = read([...bytes].map((byte) => Buffer.from([byte])))
      expect(single).toEqual(read([bytes]))
      blocks += single.blocks.length
    }),
    { numRuns: 300 },
  )
  expect(blocks).toBeGreaterThan(100)
})

test('no byte of a block is lost or made up', () => {
  let kept = 0
  fc.assert(
    fc.property(anyStream, anyCuts, (bytes, places) => {
      const { blocks, rest } = read(cut(bytes, places))
      const text = bytes.toString('latin1')
      let from = 0
      for (const block of [...blocks, rest]) {
        const at = text.indexOf(block, from)
        // Between blocks there is nothing but empty lines.
        expect(text.slice(from, at)).toMatch(/^[\r\n]*$/)
        from = at + block.length
        kept += block.length
      }
      expect(text.slice(from)).toMatch(/^[\r\n]*$/)
    }),
    { numRuns: 500 },
  )
  expect(kept).toBeGreaterThan(1000)
})

test('a block beyond its bound is given up, however it comes; one at the bound is not', () => {
  let refused = 0
  const anyPieceBytes = fc.integer({ min: 50_000, max: 3_000_000 })
  fc.assert(
    fc.property(fc.integer({ min: -3, max: 3 }), anyPieceBytes, (beyond, pieceBytes) => {
      const bytes = Buffer.from(`${'x'.repeat(sseEventBytesMax + beyond - 2)}\n\n`)
      const pieces: Buffer[] = []
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        pieces.push(bytes.subarray(at, at + pieceBytes))
      }
      expect(read(pieces).bounded).toBe(beyond <= 0)
      if (beyond > 0) refused += 1
    }),
    { numRuns: 60 },
  )
  expect(refused).toBeGreaterThan(0)
})
