import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinBlocks, plainBlock } from '../../../src/contributor/sse-block.ts'
import { SseReader } from '../../../src/upstream/sse-reader.ts'

test.each([
  ['data: {"a":1}\n\n', 'data: {"a":1}\n\n'],
  ['data: {"a":1}\r\n\r\n', 'data: {"a":1}\n\n'],
  ['data: {"a":1}\r\r', 'data: {"a":1}\n\n'],
  ['\n\r\ndata: {"a":1}\n\n', 'data: {"a":1}\n\n'],
  [': ping\r\ndata: {"a":1}\n\r\n', ': ping\ndata: {"a":1}\n\n'],
])('%j is sent as %j', (block, sent) => {
  expect(plainBlock(Buffer.from(block)).toString()).toBe(sent)
})

test('a plain block is not copied', () => {
  const block = Buffer.from('data: {"a":"ü"}\n\n')
  expect(plainBlock(block)).toBe(block)
})

test('blocks that stand behind each other are one piece, and the bytes are the same', () => {
  let joined = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.boolean()), { maxLength: 20 }),
      (said) => {
        const text = said.map(([content]) => `data: ${JSON.stringify({ content })}\n\n`).join('')
        const blocks: Buffer[] = []
        new SseReader().push(Buffer.from(text), (block) => blocks.push(block))
        // Some are in memory of their own.
        const spread = blocks.map((block, at) => (said[at]?.[1] ? Buffer.from(block) : block))
        const pieces = joinBlocks(spread)
        expect(Buffer.concat([...pieces]).toString()).toBe(text)
        joined += spread.length - pieces.length
      },
    ),
  )
  expect(joined).toBeGreaterThan(0)
})
